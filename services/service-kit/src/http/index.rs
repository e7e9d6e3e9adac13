//! The index of a service at `GET /`: what it is and which endpoints it has.

use std::borrow::Cow;
use std::convert::Infallible;

use askama::Template;
use axum::Router;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};

use super::page::page;
use super::problem::internal_error;

/// An endpoint in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    method: &'static str,
    path: Cow<'static, str>,
    purpose: Cow<'static, str>,
    linked: bool,
}

impl Endpoint {
    /// Describes an endpoint. One that answers GET is a link, unless its path has a parameter.
    #[must_use]
    pub fn new(
        method: &'static str,
        path: impl Into<Cow<'static, str>>,
        purpose: impl Into<Cow<'static, str>>,
    ) -> Self {
        let path = path.into();
        Self {
            linked: matches!(method, "GET" | "any") && !path.contains('{'),
            method,
            path,
            purpose: purpose.into(),
        }
    }

    /// Omits the link: with this configuration, the endpoint answers with an error.
    #[must_use]
    pub fn unlinked(self) -> Self {
        Self {
            linked: false,
            ..self
        }
    }
}

/// A router that describes its endpoints, for the index.
#[derive(Debug, Clone)]
pub struct Routes<S = ()> {
    router: Router<S>,
    endpoints: Vec<Endpoint>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::of(Router::new(), Vec::new())
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Combines a router with the description of its endpoints.
    #[must_use]
    pub fn of(router: Router<S>, endpoints: Vec<Endpoint>) -> Self {
        Self { router, endpoints }
    }

    /// Adds an endpoint for GET and HEAD.
    #[must_use]
    pub fn get<H: Handler<T, S>, T: 'static>(
        self,
        path: &'static str,
        purpose: &'static str,
        handler: H,
    ) -> Self {
        self.add("GET", path, purpose, routing::get(handler))
    }

    /// Adds an endpoint for POST.
    #[must_use]
    pub fn post<H: Handler<T, S>, T: 'static>(
        self,
        path: &'static str,
        purpose: &'static str,
        handler: H,
    ) -> Self {
        self.add("POST", path, purpose, routing::post(handler))
    }

    /// Adds an endpoint for PUT.
    #[must_use]
    pub fn put<H: Handler<T, S>, T: 'static>(
        self,
        path: &'static str,
        purpose: &'static str,
        handler: H,
    ) -> Self {
        self.add("PUT", path, purpose, routing::put(handler))
    }

    /// Adds an endpoint for DELETE.
    #[must_use]
    pub fn delete<H: Handler<T, S>, T: 'static>(
        self,
        path: &'static str,
        purpose: &'static str,
        handler: H,
    ) -> Self {
        self.add("DELETE", path, purpose, routing::delete(handler))
    }

    /// Adds an endpoint for every method.
    #[must_use]
    pub fn any<H: Handler<T, S>, T: 'static>(
        self,
        path: &'static str,
        purpose: &'static str,
        handler: H,
    ) -> Self {
        self.add("any", path, purpose, routing::any(handler))
    }

    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        purpose: &'static str,
        handler: MethodRouter<S, Infallible>,
    ) -> Self {
        self.endpoints.push(Endpoint::new(method, path, purpose));
        self.map(|router| router.route(path, handler))
    }

    /// Adds the endpoints of `other`.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.endpoints.extend(other.endpoints);
        self.map(|router| router.merge(other.router))
    }

    /// Changes the router, such as by adding a layer.
    #[must_use]
    pub fn map(self, change: impl FnOnce(Router<S>) -> Router<S>) -> Self {
        Self::of(change(self.router), self.endpoints)
    }

    /// Omits the links to all endpoints so far, if `condition` is true: they answer with an error.
    #[must_use]
    pub fn unlinked_if(mut self, condition: bool) -> Self {
        if condition {
            let endpoints = self.endpoints.into_iter();
            self.endpoints = endpoints.map(Endpoint::unlinked).collect();
        }
        self
    }

    /// Gives the handlers their state.
    #[must_use]
    pub fn with_state(self, state: S) -> Routes {
        Routes::of(self.router.with_state(state), self.endpoints)
    }

    /// Returns the router and the description of its endpoints.
    pub fn into_parts(self) -> (Router<S>, Vec<Endpoint>) {
        (self.router, self.endpoints)
    }
}

/// What the index says of a service.
#[derive(Debug, Clone)]
pub struct Index {
    /// What the service does, without the full stop: the description in its `Cargo.toml`.
    pub description: &'static str,
    /// The endpoints, in the order of the page.
    pub endpoints: Vec<Endpoint>,
}

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    service: &'a str,
    index: &'a Index,
}

impl Index {
    /// Returns the page of a service.
    pub(super) fn page(&self, service: &str) -> Response {
        let content = IndexPage {
            service,
            index: self,
        };
        match content.render() {
            Ok(body) => page(service, &body),
            Err(error) => internal_error(&error).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_endpoints_that_answer_a_browser_are_links() {
        let routes = Routes::<()>::default()
            .get("/off", "Off", async || "")
            .unlinked_if(true)
            .get("/on", "<On>", async || "")
            .get("/on/{name}", "One", async || "")
            .any("/any", "Any", async || "")
            .post("/on", "Switches", async || "");
        let (_, endpoints) = routes.into_parts();
        let index = Index {
            description: "Tests",
            endpoints,
        };
        let content = IndexPage {
            service: "test",
            index: &index,
        };
        let html = content.render().unwrap();
        let links: Vec<&str> = html
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(links, ["/on", "/any"]);
        assert_eq!(html.matches("<tr><td>").count(), 5);
        assert!(!html.contains("<On>"), "{html}");
    }
}
