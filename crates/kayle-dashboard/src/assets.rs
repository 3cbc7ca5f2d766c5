//! The files beside the pages. They are part of the binary, and named by a hash of their bytes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;

/// One file.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 4] = [
    Asset {
        name: "dashboard.css",
        media_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/dashboard.css"),
    },
    Asset {
        name: "dashboard.js",
        media_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/dashboard.js"),
    },
    Asset {
        name: "htmx.min.js",
        media_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/htmx.min.js"),
    },
    Asset {
        name: "icon.svg",
        media_type: "image/svg+xml",
        bytes: include_bytes!("../assets/icon.svg"),
    },
];

/// Where a page finds the files.
pub(crate) struct Urls {
    pub(crate) css: String,
    pub(crate) script: String,
    pub(crate) htmx: String,
    pub(crate) icon: String,
}

pub(crate) static URLS: LazyLock<Urls> = LazyLock::new(|| {
    let [css, script, htmx, icon] = ASSETS.map(|asset| asset.url());
    Urls {
        css,
        script,
        htmx,
        icon,
    }
});

impl Asset {
    /// Returns its path; another one as soon as a byte differs.
    fn url(&self) -> String {
        format!("/webhooks/assets/{:016x}/{}", self.hash(), self.name)
    }

    /// Tells versions of one file apart; nobody's safety depends on it.
    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.bytes.hash(&mut hasher);
        hasher.finish()
    }
}

/// Answers a file, to be kept for ever; 404 for another version's.
pub(crate) async fn answer(path: Path<(String, String)>) -> HttpResponse {
    let (hash, name) = path.into_inner();
    let known = ASSETS
        .iter()
        .find(|asset| asset.name == name && format!("{:016x}", asset.hash()) == hash);
    let Some(asset) = known else {
        return HttpResponse::NotFound().finish();
    };
    HttpResponse::Ok()
        .content_type(asset.media_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.bytes)
}
