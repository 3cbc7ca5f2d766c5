//! A configuration that cannot be meant stops the start and is named.

use std::process::Output;

use crate::support::{binary, within_patience};

#[tokio::test]
async fn what_is_wrong_with_the_configuration_is_named() {
    for (settings, named) in [
        (&[("KAYLE_LISSTEN", "127.0.0.1:0")][..], "KAYLE_LISSTEN"),
        (&[("KAYLE_LISTEN", "somewhere")], "KAYLE_LISTEN"),
        (&[("KAYLE_ENVIRONMENT", "staging")], "KAYLE_ENVIRONMENT"),
        (
            &[("KAYLE_DATABASE_URL", "mysql://localhost/kayle")],
            "KAYLE_DATABASE_URL",
        ),
        (
            &[("KAYLE_SECRET_KEY", "c2VjcmV0LXZhbHVl")],
            "KAYLE_SECRET_KEY",
        ),
        (&[("KAYLE_ENVIRONMENT", "production")], "KAYLE_SECRET_KEY"),
        (
            &[("KAYLE_RETRY_SCHEDULE_STANDARD", "0s,soon")],
            "KAYLE_RETRY_SCHEDULE_STANDARD",
        ),
        (
            &[("KAYLE_RETRY_SCHEDULE_SHORT", "later")],
            "KAYLE_RETRY_SCHEDULE_SHORT",
        ),
        (
            &[("KAYLE_DELIVERY_TIMEOUT", "-1s")],
            "KAYLE_DELIVERY_TIMEOUT",
        ),
        (&[("KAYLE_DELIVERY_LEASE", "15s")], "KAYLE_DELIVERY_LEASE"),
        (
            &[
                ("KAYLE_DELIVERY_TIMEOUT", "5m"),
                ("KAYLE_DELIVERY_LEASE", "1m"),
            ],
            "KAYLE_DELIVERY_LEASE",
        ),
        (
            &[("KAYLE_DELIVERY_CONCURRENCY", "0")],
            "KAYLE_DELIVERY_CONCURRENCY",
        ),
        (
            &[("KAYLE_ENDPOINT_CONCURRENCY", "many")],
            "KAYLE_ENDPOINT_CONCURRENCY",
        ),
        (
            &[("KAYLE_SESSION_LIFETIME", "0s")],
            "KAYLE_SESSION_LIFETIME",
        ),
        (&[("KAYLE_SWEEP_INTERVAL", "often")], "KAYLE_SWEEP_INTERVAL"),
        (
            &[("KAYLE_ALLOW_NETWORKS", "10.0.0.0/33")],
            "KAYLE_ALLOW_NETWORKS",
        ),
        (&[("KAYLE_PUBLIC_URL", "nowhere")], "KAYLE_PUBLIC_URL"),
        (&[("KAYLE_VERIFY_URL", "nowhere")], "KAYLE_VERIFY_URL"),
        (&[("KAYLE_LOG", "=[")], "KAYLE_LOG"),
        (&[("KAYLE_LOG_FORMAT", "xml")], "KAYLE_LOG_FORMAT"),
    ] {
        let output = start(settings).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{settings:?} is accepted");
        assert!(stderr.contains(named), "{settings:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{settings:?}: {stderr}");
        assert!(
            !stderr.contains("c2VjcmV0LXZhbHVl"),
            "a secret is shown: {stderr}"
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{settings:?}");
    }
}

/// Starts a service with these settings, which must end by itself.
async fn start(settings: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    let mut command = binary::command(folder.path(), settings.iter().copied());
    let ending = command.arg("serve").output();
    let output = within_patience("a service with a wrong setting ends", ending).await;
    output.expect("the binary can be started")
}
