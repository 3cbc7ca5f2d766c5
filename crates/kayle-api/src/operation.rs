//! What an operation is: one value per file in `routes/`, from which the router, the checks that
//! let a caller through and the OpenAPI document are made.

mod run;
mod tag;

use std::borrow::Cow;

use actix_web::{HttpResponse, Route, guard, web};
use futures_util::future::LocalBoxFuture;
use kayle_app::access::{Caller, Intent, Role, Scope};
use utoipa::ToSchema;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{RefOr, Schema};

pub(crate) use kayle_app::access::Area;

pub(crate) use self::run::{receive, respond};
pub(crate) use self::tag::Tag;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;

/// One operation.
pub(crate) struct Operation {
    /// How it is asked for.
    pub(crate) verb: Verb,
    /// Where it is found, with its parameters in braces.
    pub(crate) path: &'static str,
    /// Whom it is there for.
    pub(crate) audience: Audience,
    /// Its name in generated clients; unique.
    pub(crate) id: &'static str,
    /// Under which heading the document lists it.
    pub(crate) tag: Tag,
    /// What it does, in a few words.
    pub(crate) summary: &'static str,
    /// What else a caller should know.
    pub(crate) text: &'static str,
    /// Its query parameters; those of the path are read from the path.
    pub(crate) query: &'static [fn() -> Parameter],
    /// What it takes.
    pub(crate) body: Body,
    /// What a success is.
    pub(crate) answer: Answer,
    /// The codes that it can answer besides those that every operation with its kind of callers
    /// can.
    pub(crate) errors: &'static [ErrorCode],
    /// Its place in the documentation, where `docs` of its errors points.
    pub(crate) docs: &'static str,
    /// Who may call it, and what is done then.
    pub(crate) run: Run,
}

/// The methods that operations have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// GET, and HEAD with it.
    Get,
    /// POST.
    Post,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

/// Whom an operation is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Customers, who find it in the document.
    Customers,
    /// Supervisors too: a process that answers no customer still answers it.
    Supervisors,
    /// Nobody who reads the document.
    Undocumented,
}

/// What an operation takes.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// A body that may be left out.
    Optional(Described),
    /// A body that must be there.
    Required(Described),
}

/// What a success is.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// 200 with one thing.
    One(Described),
    /// 200 with a page of a list; errors have `pagination` too.
    List(Described),
    /// 202 with one thing.
    Accepted(Described),
    /// 204.
    Nothing,
    /// 200 with something that has no envelope, of this media type.
    Raw(&'static str),
}

/// A type whose schema the document has.
#[derive(Clone, Copy)]
pub(crate) struct Described {
    /// Returns the schema's name.
    pub(crate) name: fn() -> Cow<'static, str>,
    /// Returns the schema and those that it refers to, by name.
    pub(crate) schemas: fn() -> Vec<(String, RefOr<Schema>)>,
}

/// What runs, and for whom.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// For customers' servers and people, as far as the area allows.
    Customer(Area, fn(Caller, Call) -> Running),
    /// For Kayle's own services.
    Service(fn(Call) -> Running),
    /// For everybody: what the caller has to say is in the body.
    Anyone(fn(Call) -> Running),
    /// For everybody: nothing is read, and the answer is at hand.
    AtOnce(fn(&Call) -> Result<HttpResponse, ApiError>),
}

/// An operation that is under way.
pub(crate) type Running = LocalBoxFuture<'static, Result<HttpResponse, ApiError>>;

/// Which callers are let through, as the document tells it.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    /// Everybody.
    Everyone,
    /// An API key with the scope, and a person with the role.
    Customer(Scope, Role),
    /// A person with the role, and no API key.
    Person(Role),
}

impl Described {
    /// Returns the schema of a type.
    pub(crate) const fn of<T: ToSchema>() -> Self {
        Self {
            name: T::name,
            schemas: || {
                let mut schemas = vec![(T::name().into_owned(), T::schema())];
                T::schemas(&mut schemas);
                schemas
            },
        }
    }
}

impl Operation {
    /// Returns whether the document describes it.
    pub(crate) fn is_documented(&self) -> bool {
        self.audience != Audience::Undocumented
    }

    /// Returns which callers are let through; `None` for Kayle's own services.
    pub(crate) fn access(&self) -> Option<Access> {
        match self.run {
            Run::Anyone(_) | Run::AtOnce(_) => Some(Access::Everyone),
            Run::Service(_) => None,
            Run::Customer(area, _) => {
                let role = area.least_role(self.verb.intent());
                Some(match area.scope(self.verb.intent()) {
                    Some(scope) => Access::Customer(scope, role),
                    None => Access::Person(role),
                })
            }
        }
    }
}

impl Verb {
    /// Returns whether it is there to change something.
    fn intent(self) -> Intent {
        match self {
            Self::Get => Intent::Read,
            Self::Post | Self::Patch | Self::Delete => Intent::Change,
        }
    }

    fn route(self) -> Route {
        match self {
            Self::Get => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
            Self::Post => web::post(),
            Self::Patch => web::patch(),
            Self::Delete => web::delete(),
        }
    }
}

impl Body {
    /// A body of this type that may be left out.
    pub(crate) const fn optional<T: ToSchema>() -> Self {
        Self::Optional(Described::of::<T>())
    }

    /// A body of this type that must be there.
    pub(crate) const fn required<T: ToSchema>() -> Self {
        Self::Required(Described::of::<T>())
    }
}

impl Answer {
    /// 200 with one thing.
    pub(crate) const fn one<T: ToSchema>() -> Self {
        Self::One(Described::of::<T>())
    }

    /// 200 with a page of a list.
    pub(crate) const fn list<T: ToSchema>() -> Self {
        Self::List(Described::of::<T>())
    }

    /// 202 with one thing.
    pub(crate) const fn accepted<T: ToSchema>() -> Self {
        Self::Accepted(Described::of::<T>())
    }

    /// Returns whether it is a page of a list.
    pub(crate) fn is_list(self) -> bool {
        match self {
            Self::List(_) => true,
            Self::One(_) | Self::Accepted(_) | Self::Nothing | Self::Raw(_) => false,
        }
    }
}
