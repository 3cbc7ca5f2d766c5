//! The first step to an endpoint: where, which events, how long.

use askama::Template;

use crate::answer::{Answer, page_with};
use crate::frame::{Frame, Section};
use crate::pages::endpoint_form::EndpointForm;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "new_endpoint.html")]
struct NewEndpointPage {
    frame: Frame,
    form: EndpointForm,
    refusal: Option<String>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    answer(
        &visit,
        EndpointForm::empty(),
        actix_web::http::StatusCode::OK,
    )
}

/// Shows the form, with what is wrong in it.
pub(crate) fn answer(
    visit: &Visit,
    form: EndpointForm,
    status: actix_web::http::StatusCode,
) -> Answer {
    let page = NewEndpointPage {
        frame: visit.frame("New endpoint", Section::Endpoints),
        form,
        refusal: visit.may_change().refusal("add endpoints"),
    };
    page_with(status, &page)
}
