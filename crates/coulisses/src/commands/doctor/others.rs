//! Other servers: Redis, mail, the providers of sign-ins and of models. Each is greeted, none is asked to do anything.

use super::Finding;
use base::{Settings, mail::Mailer, outbound::Outbound, redis::Redis, time::Clock};
use coach::provider::reach::{self as models, Reached};

pub async fn look(settings: &Settings) -> Vec<Finding> {
    let outbound = Outbound::default();
    let mut all: Vec<_> = redis(settings).await.into_iter().collect();
    all.push(mail(settings).await);
    for (name, reached) in identity::oauth::reach::all(settings, &outbound, Clock::real().now()).await {
        all.push(match reached {
            Ok(()) => Finding::good("sign-in", format!("{name} answers")),
            Err(why) => Finding::bad("sign-in", format!("{name}: {why}"), "is its address right, and may this machine call it?"),
        });
    }
    all.extend(models::models(settings, &outbound).await.map(|(url, reached, _)| model(&url, reached)));
    all
}

async fn redis(settings: &Settings) -> Option<Finding> {
    let url = settings.redis_url.as_ref()?;
    Some(match Redis::connect(url).await {
        Ok(Some(redis)) if !redis.up() => {
            Finding::bad("REDIS_URL", "does not answer", "until it does, each replica counts limits and remembers lists for itself")
        }
        Ok(_) => Finding::good("REDIS_URL", "answers"),
        Err(why) => Finding::bad("REDIS_URL", why, "write it like redis://:password@host:6379"),
    })
}

async fn mail(settings: &Settings) -> Finding {
    let url = settings.mail_url();
    if let Some(folder) = url.expose().strip_prefix("file:") {
        let says = format!("goes to files in {folder}");
        return if settings.development() {
            Finding::good("MAIL_URL", says)
        } else {
            Finding::look("MAIL_URL", says, "nobody receives anything: name a server, smtp://user:password@host:587?tls=required")
        };
    }
    let greeted = match Mailer::new(&url, &settings.mail_from) {
        Ok(mailer) => mailer.greet().await,
        Err(why) => Err(why),
    };
    match greeted {
        Ok(()) => Finding::good("MAIL_URL", "the mail server lets us in"),
        Err(why) => Finding::bad(
            "MAIL_URL",
            why,
            "are host, port and password right, and may this machine call it? Mail waits in the outbox meanwhile",
        ),
    }
}

fn model(url: &str, reached: Reached) -> Finding {
    match reached {
        Reached::Ready(listed) => Finding::good("AI_BASE_URL", format!("{url} lists {listed} models, ours among them")),
        Reached::Lacks(model) => {
            Finding::look("AI_MODEL", format!("{url} does not list {model}"), "name one that it has, in AI_MODEL and AI_MODELS")
        }
        Reached::Refused => {
            Finding::bad("MISTRAL_API_KEY", format!("{url} does not take it"), "make a new one there; the coach works by rules meanwhile")
        }
        Reached::NoQuota => Finding::bad(
            "MISTRAL_API_KEY",
            format!("the plan at {url} allows no request"),
            "choose a plan with a quota there; the coach works by rules meanwhile",
        ),
        Reached::Unlisted(status) => Finding::look(
            "AI_BASE_URL",
            format!("{url} answers, but its list of models is {status}"),
            "not every server has one; try a completion",
        ),
        Reached::Away(why) => Finding::bad(
            "AI_BASE_URL",
            format!("{url}: {why}"),
            "is the address right, and may this machine call it? The coach works by rules meanwhile",
        ),
    }
}
