//! Secrets that the browser of whoever made them keeps for ten minutes, sealed: a reload of the page
//! neither makes another one nor loses this one.

use kayle_primitives::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Webhooks;
use crate::limits::SHOWN_SECRET_LIFETIME;

impl Webhooks {
    /// Seals a secret for the browser of the person that it is shown to. It opens for the same
    /// person and subject, within ten minutes.
    pub fn seal_for_browser(&self, person: Uuid, subject: &str, secret: &str) -> String {
        let until = self.clock.now().plus(SHOWN_SECRET_LIFETIME).unix_ms();
        let text = Zeroizing::new(format!("{until}|{secret}"));
        self.keys
            .seal_for_browser(&place(person, subject), &text, &*self.entropy)
    }

    /// Opens what was sealed; `None` for what is somebody else's, about something else, too old, or
    /// was never sealed.
    pub fn open_for_browser(
        &self,
        person: Uuid,
        subject: &str,
        sealed: &str,
    ) -> Option<Zeroizing<String>> {
        let opened = self
            .keys
            .open_for_browser(&place(person, subject), sealed)?;
        let (until, secret) = opened.split_once('|')?;
        let until = Timestamp::from_unix_ms(until.parse().ok()?);
        (self.clock.now() < until).then(|| Zeroizing::new(secret.to_owned()))
    }
}

fn place(person: Uuid, subject: &str) -> String {
    format!("{person}|{subject}")
}
