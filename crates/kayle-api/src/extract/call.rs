//! One request, after its body was read and its caller was let through.

use std::mem;

use actix_web::{HttpRequest, web};
use kayle_app::Webhooks;
use kayle_primitives::{ApiKeyId, Id, SessionId};
use serde_json::{Map, Value};

use super::{Body, Query, api_key_id};
use crate::api::Api;
use crate::error::ApiError;

/// What an operation's route reads its parameters from.
pub(crate) struct Call {
    pub(crate) api: web::Data<Api>,
    pub(crate) request: HttpRequest,
    pub(crate) body: Body,
}

impl Call {
    /// Returns the operations.
    pub(crate) fn webhooks(&self) -> &Webhooks {
        &self.api.webhooks
    }

    /// Reads an id from the path; it is not checked for its prefix (contract 2.1).
    pub(crate) fn id<K>(&self, parameter: &str) -> Result<Id<K>, ApiError> {
        Id::parse(self.parameter(parameter)).map_err(|error| ApiError::field(parameter, error))
    }

    /// Reads the `session_id` from the path, whose syntax is stricter.
    pub(crate) fn session_id(&self) -> Result<SessionId, ApiError> {
        SessionId::parse_session(self.parameter("session_id"))
            .map_err(|error| ApiError::field("session_id", error))
    }

    /// Reads the `api_key_id` from the path.
    pub(crate) fn api_key_id(&self) -> Result<ApiKeyId, ApiError> {
        api_key_id(self.parameter("api_key_id"))
            .map_err(|error| ApiError::field("api_key_id", error))
    }

    /// Returns a segment of the path, percent-decoded. Only `/` and `%` stay encoded, and neither
    /// is part of any id.
    fn parameter(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// Reads the query.
    pub(crate) fn query(&self) -> Query {
        Query::parse(self.request.query_string())
    }

    /// Reads a body that must be there. Its bytes are wiped with that; a second reading finds none.
    pub(crate) fn json_object(&mut self) -> Result<Map<String, Value>, ApiError> {
        let body = mem::take(&mut self.body);
        body.json_object(&self.request)
    }

    /// Reads a body that may be left out; without one nothing is said about any member.
    pub(crate) fn optional_json_object(&mut self) -> Result<Map<String, Value>, ApiError> {
        if self.body.is_empty() {
            return Ok(Map::new());
        }
        self.json_object()
    }
}
