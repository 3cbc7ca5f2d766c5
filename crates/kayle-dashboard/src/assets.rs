//! The files beside the pages. They are part of the binary, and named by a hash of their bytes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

/// One file.
struct File {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const FILES: [File; 4] = [
    File {
        name: "dashboard.css",
        media_type: "text/css; charset=utf-8",
        bytes: include_bytes!("../assets/dashboard.css"),
    },
    File {
        name: "dashboard.js",
        media_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/dashboard.js"),
    },
    File {
        name: "htmx.min.js",
        media_type: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/htmx.min.js"),
    },
    File {
        name: "icon.svg",
        media_type: "image/svg+xml",
        bytes: include_bytes!("../assets/icon.svg"),
    },
];

/// One file, and where it is found.
struct Asset {
    file: File,
    /// Its path; another one as soon as a byte differs.
    url: String,
}

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    FILES.map(|file| Asset {
        url: format!("/webhooks/assets/{:016x}/{}", hash(file.bytes), file.name),
        file,
    })
});

/// Where a page finds the files.
pub(crate) struct Urls {
    pub(crate) css: &'static str,
    pub(crate) script: &'static str,
    pub(crate) htmx: &'static str,
    pub(crate) icon: &'static str,
}

pub(crate) static URLS: LazyLock<Urls> = LazyLock::new(|| {
    let [css, script, htmx, icon] = ASSETS.each_ref().map(|asset| asset.url.as_str());
    Urls {
        css,
        script,
        htmx,
        icon,
    }
});

/// Returns a short hash that tells versions of one file apart. It protects nothing.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Answers a file, to be kept for ever; 404 for another version's.
pub(crate) async fn answer(http: HttpRequest) -> HttpResponse {
    let Some(asset) = ASSETS.iter().find(|asset| asset.url == http.path()) else {
        return HttpResponse::NotFound().finish();
    };
    HttpResponse::Ok()
        .content_type(asset.file.media_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.file.bytes)
}
