//! The stylesheet, the script and the icons, embedded in the program. Their paths contain a hash of their content, so
//! browsers cache them without expiry and a new build still serves new ones.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::gzip;

/// A file that pages refer to.
#[derive(Debug)]
pub(crate) struct Asset {
    path: String,
    content_type: &'static str,
    content: Bytes,
    gzip: Option<Bytes>,
}

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, content: &'static str) -> Self {
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Self {
            path: format!("/assets/{name}-{:016x}.{extension}", hasher.finish()),
            content_type,
            content: Bytes::from_static(content.as_bytes()),
            gzip: gzip::compress(content.as_bytes()).ok(),
        }
    }

    fn icon(name: &str, content: &'static str) -> Self {
        Self::new(name, "svg", "image/svg+xml", content)
    }

    /// The path at which it is served.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "page",
        "css",
        "text/css; charset=utf-8",
        include_str!("../assets/page.css"),
    )
});
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "page",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/page.js"),
    )
});
static UP: LazyLock<Asset> = LazyLock::new(|| Asset::icon("up", include_str!("../assets/up.svg")));
static CAUTION: LazyLock<Asset> =
    LazyLock::new(|| Asset::icon("caution", include_str!("../assets/caution.svg")));
static DOWN: LazyLock<Asset> =
    LazyLock::new(|| Asset::icon("down", include_str!("../assets/down.svg")));
static MAINTENANCE: LazyLock<Asset> =
    LazyLock::new(|| Asset::icon("maintenance", include_str!("../assets/maintenance.svg")));
static UNKNOWN: LazyLock<Asset> =
    LazyLock::new(|| Asset::icon("unknown", include_str!("../assets/unknown.svg")));

pub(crate) fn stylesheet() -> &'static Asset {
    &STYLESHEET
}

pub(crate) fn script() -> &'static Asset {
    &SCRIPT
}

/// Returns the icon that a browser shows beside the title, by the name of a state's symbol.
pub(crate) fn icon(symbol: &str) -> &'static Asset {
    match symbol {
        "up" => &UP,
        "caution" => &CAUTION,
        "down" => &DOWN,
        "maintenance" => &MAINTENANCE,
        _ => &UNKNOWN,
    }
}

/// `GET /assets/{file}`
pub(crate) async fn serve(Path(file): Path<String>, request: HeaderMap) -> Response {
    let assets = [
        &STYLESHEET,
        &SCRIPT,
        &UP,
        &CAUTION,
        &DOWN,
        &MAINTENANCE,
        &UNKNOWN,
    ];
    let asset = assets
        .into_iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(&file));
    let Some(asset) = asset else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let head = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    match &asset.gzip {
        Some(gzip) if gzip::is_accepted(&request) => {
            (head, [(header::CONTENT_ENCODING, "gzip")], gzip.clone()).into_response()
        }
        _ => (head, asset.content.clone()).into_response(),
    }
}
