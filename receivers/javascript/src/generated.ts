// Written by `cargo xtask receivers generate` from the schemas in docs/openapi.json.

import type { Claims } from "./claims.js";

export type TextClaim = "date_of_birth" | "document_expiry_date" | "document_number" | "document_photo" | "document_type_code" | "family_name" | "given_names" | "issuing_country_code" | "kayle_document_id" | "kayle_human_id" | "mrz_optional_data" | "nationality_code" | "sex_marker";
export type AgeClaim = `age_over_${number}`;
/** New values may appear. */
export type FailureCode = "document_authenticity_failed" | "document_active_authentication_failed" | "document_chip_authentication_failed" | "liveness_failed" | "selfie_face_mismatch" | "document_anti_cloning_attestation_failed" | "document_data_invalid" | (string & {});
/** New values may appear. */
export type CancelReason = "cancelled" | "cancelled_after_failed_check" | "privacy_cancelled_after_terminal_failure" | "privacy_cancelled_after_terminal_success" | (string & {});

export interface AttemptFailed {
  type: "verification.attempt.failed";
  metadata: { contract_version: number; event_id: string; verification_session_id: string; verification_attempt_id: string };
  data: { failure_code: FailureCode };
}

export interface AttemptSucceeded {
  type: "verification.attempt.succeeded";
  metadata: { contract_version: number; event_id: string; verification_session_id: string; verification_attempt_id: string };
  data: { claims: Claims; selected_field_keys: string[] };
}

export interface SessionCancelled {
  type: "verification.session.cancelled";
  metadata: { contract_version: number; event_id: string; verification_session_id: string };
  data: { outcome: string; reason: CancelReason; nfc_tries_used: number; liveness_tries_used: number };
}

export interface SessionExpired {
  type: "verification.session.expired";
  metadata: { contract_version: number; event_id: string; verification_session_id: string };
  data: Record<string, never>;
}

export interface SessionFailed {
  type: "verification.session.failed";
  metadata: { contract_version: number; event_id: string; verification_session_id: string };
  data: { failure_code: FailureCode; nfc_tries_used: number; liveness_tries_used: number };
}

export interface SessionSucceeded {
  type: "verification.session.succeeded";
  metadata: { contract_version: number; event_id: string; verification_session_id: string };
  data: { claims: Claims; selected_field_keys: string[] };
}

export type KnownEvent = AttemptFailed | AttemptSucceeded | SessionCancelled | SessionExpired | SessionFailed | SessionSucceeded;
export type EventType = KnownEvent["type"];

/** What JSON a member is. */
export type Shape = "text" | "integer" | "texts" | "claims";

export const TEXT_CLAIMS: ReadonlySet<string> = new Set(["date_of_birth", "document_expiry_date", "document_number", "document_photo", "document_type_code", "family_name", "given_names", "issuing_country_code", "kayle_document_id", "kayle_human_id", "mrz_optional_data", "nationality_code", "sex_marker"]);

type Shapes = Readonly<Record<string, Shape>>;
export const SHAPES: Record<EventType, { metadata: Shapes; data: Shapes }> =
{
  "verification.attempt.failed": {
    "metadata": {
      "contract_version": "integer",
      "event_id": "text",
      "verification_session_id": "text",
      "verification_attempt_id": "text"
    },
    "data": {
      "failure_code": "text"
    }
  },
  "verification.attempt.succeeded": {
    "metadata": {
      "contract_version": "integer",
      "event_id": "text",
      "verification_session_id": "text",
      "verification_attempt_id": "text"
    },
    "data": {
      "claims": "claims",
      "selected_field_keys": "texts"
    }
  },
  "verification.session.cancelled": {
    "metadata": {
      "contract_version": "integer",
      "event_id": "text",
      "verification_session_id": "text"
    },
    "data": {
      "outcome": "text",
      "reason": "text",
      "nfc_tries_used": "integer",
      "liveness_tries_used": "integer"
    }
  },
  "verification.session.expired": {
    "metadata": {
      "contract_version": "integer",
      "event_id": "text",
      "verification_session_id": "text"
    },
    "data": {}
  },
  "verification.session.failed": {
    "metadata": {
      "contract_version": "integer",
      "event_id": "text",
      "verification_session_id": "text"
    },
    "data": {
      "failure_code": "text",
      "nfc_tries_used": "integer",
      "liveness_tries_used": "integer"
    }
  },
  "verification.session.succeeded": {
    "metadata": {
      "contract_version": "integer",
      "event_id": "text",
      "verification_session_id": "text"
    },
    "data": {
      "claims": "claims",
      "selected_field_keys": "texts"
    }
  }
};
