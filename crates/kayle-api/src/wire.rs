//! How single values look on the wire: each is written as it is in the contract, and brings its
//! form into the document, so that views and bodies need not repeat it.
//!
//! `form` has the words in which forms are told. A type of the domain comes here once, with an
//! implementation of [`Wire`] and, for the views, an alias of [`Shown`].

mod access;
mod delivery;
mod endpoint;
pub(crate) mod form;
mod ids;
mod service;
mod session;

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

pub(crate) use self::access::*;
pub(crate) use self::delivery::*;
pub(crate) use self::endpoint::*;
pub(crate) use self::ids::*;
pub(crate) use self::service::*;
pub(crate) use self::session::*;

/// What is written as one value.
pub(crate) trait Wire {
    /// The name under which the document has the form once for all; without one it stands wherever
    /// the value does.
    const NAME: Option<&'static str> = None;

    /// Returns what every written value looks like.
    fn form() -> Schema;

    /// Writes the value.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// A value in a view. It has no generic type of its own in a view, but an alias: the derivation of
/// schemas would look for the schema of what is inside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown<T>(pub(crate) T);

/// Begins the name of a form that has no name in the document.
const UNNAMED: &str = "unnamed ";

impl<T: Wire> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<T: Wire> PartialSchema for Shown<T> {
    fn schema() -> RefOr<Schema> {
        RefOr::T(T::form())
    }
}

impl<T: Wire> ToSchema for Shown<T> {
    fn name() -> Cow<'static, str> {
        match T::NAME {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned([UNNAMED, std::any::type_name::<T>()].concat()),
        }
    }
}

/// Returns whether a schema's name is that of a form which stands wherever its value does.
pub(crate) fn is_unnamed(name: &str) -> bool {
    name.starts_with(UNNAMED)
}

/// Implements [`Wire`] for values that are written as a text that they hold.
macro_rules! texts {
    ($($value:ty, |$it:pat_param| $text:expr, $form:expr;)*) => {$(
        impl $crate::wire::Wire for $value {
            fn form() -> utoipa::openapi::Schema {
                $form.into()
            }

            fn write<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $it = self;
                serializer.serialize_str($text)
            }
        }
    )*};
}

/// Implements [`Wire`] for values that are written as their `Display` has it.
macro_rules! displayed {
    ($($value:ty = $form:expr;)*) => {$(
        impl $crate::wire::Wire for $value {
            fn form() -> utoipa::openapi::Schema {
                $form.into()
            }

            fn write<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

/// Implements [`Wire`] for closed sets of names.
macro_rules! named {
    ($($set:ty;)*) => {$(
        impl $crate::wire::Wire for $set {
            fn form() -> utoipa::openapi::Schema {
                $crate::wire::form::choice(<$set>::iter().map(<$set>::as_str), "").into()
            }

            fn write<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

pub(in crate::wire) use {displayed, named, texts};
