//! Pages of errors that were taken for articles.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::normal::phrase;

/// Longest text that may be an error page, in code points: with more, it says something.
const TEXT_MAX: usize = 600;
/// Longest text under a title that is an error page's, in code points. Of longer ones each line is looked at.
const TITLED_MAX: usize = 300;

/// What the pages of servers say, whole lines or sentences, and no headline says.
const PAGES: [&str; 75] = [
    // English.
    "page not found",
    "the page was not found",
    "this page was not found",
    "page could not be found",
    "the page could not be found",
    "this page could not be found",
    "page cannot be found",
    "the page cannot be found",
    "that page can't be found",
    "this page can't be found",
    "the page you requested could not be found",
    "the page you requested was not found",
    "the requested page could not be found",
    "the requested page was not found",
    "the page you are looking for could not be found",
    "the page you were looking for could not be found",
    "the page you are looking for does not exist",
    "the page you are looking for doesn't exist",
    "the page you were looking for does not exist",
    "the page you were looking for doesn't exist",
    "the page does not exist",
    "the page doesn't exist",
    "page does not exist",
    "page doesn't exist",
    "this page does not exist",
    "this page doesn't exist",
    "this page no longer exists",
    "this page isn't available",
    "the requested url was not found on this server",
    "file not found",
    "internal server error",
    "bad gateway",
    "gateway timeout",
    "gateway time-out",
    "service temporarily unavailable",
    "error establishing a database connection",
    "there has been a critical error on this website",
    "enable javascript and cookies to continue",
    "please enable javascript and cookies to continue",
    "checking your browser before accessing",
    // German.
    "seite nicht gefunden",
    "die seite wurde nicht gefunden",
    "diese seite wurde nicht gefunden",
    "die angeforderte seite wurde nicht gefunden",
    "die gesuchte seite wurde nicht gefunden",
    "diese seite existiert nicht",
    "die seite existiert nicht",
    "die angeforderte seite existiert nicht",
    "objekt nicht gefunden",
    "interner serverfehler",
    // French.
    "page introuvable",
    "page non trouvée",
    "la page est introuvable",
    "cette page est introuvable",
    "la page demandée est introuvable",
    "la page que vous cherchez est introuvable",
    "la page que vous recherchez n'existe pas",
    "la page demandée n'existe pas",
    "cette page n'existe pas",
    "cette page n'existe plus",
    "erreur interne du serveur",
    // Spanish.
    "página no encontrada",
    "la página no existe",
    "esta página no existe",
    "no se encontró la página",
    "no se ha encontrado la página",
    "la página que busca no existe",
    "la página que buscas no existe",
    "la página solicitada no existe",
    "error interno del servidor",
    // Russian.
    "страница не найдена",
    "страница не существует",
    "такой страницы не существует",
    "запрашиваемая страница не найдена",
    "внутренняя ошибка сервера",
];
/// What such pages say, and a headline may say as well: alone it is not enough.
const REASONS: [&str; 25] = [
    "access denied",
    "access forbidden",
    "bad request",
    "forbidden",
    "not found",
    "permission denied",
    "request timeout",
    "service unavailable",
    "too many requests",
    "unauthorized",
    "unavailable for legal reasons",
    "zugriff verweigert",
    "zugriff verboten",
    "nicht gefunden",
    "dienst nicht verfügbar",
    "accès refusé",
    "accès interdit",
    "non trouvé",
    "service indisponible",
    "acceso denegado",
    "acceso prohibido",
    "доступ запрещён",
    "доступ закрыт",
    "не найдено",
    "сервис недоступен",
];
/// What they say behind a number.
const NUMBERED_REASONS: [&str; 7] =
    ["sorry", "gone", "error", "unavailable", "introuvable", "no encontrado", "prohibido"];
/// What stands beside it.
const BESIDE: [&str; 38] = [
    "oops",
    "back",
    "go back",
    "go home",
    "home",
    "homepage",
    "back to home",
    "back to homepage",
    "back to the homepage",
    "go to homepage",
    "return home",
    "return to homepage",
    "return to the homepage",
    "contact us",
    "search",
    "try again",
    "please try again",
    "please try again later",
    "please check the url",
    "please check the address",
    "please contact the administrator",
    "that's an error",
    "that's all we know",
    "error",
    "it looks like nothing was found at this location",
    "startseite",
    "zur startseite",
    "zurück zur startseite",
    "fehler",
    "erreur",
    "accueil",
    "retour à l'accueil",
    "inicio",
    "volver al inicio",
    "главная",
    "на главную",
    "вернуться на главную",
    "ошибка",
];

/// Words of sentences that are about a page or a server, in the five languages.
const ABOUT: [&str; 54] = [
    "access", "address", "allowed", "back", "browser", "cookies", "error", "find", "found", "home",
    "homepage", "javascript", "link", "menu", "moved", "page", "permission", "request",
    "requested", "search", "server", "site", "sorry", "try", "url", "website", "adresse", "seite",
    "startseite", "suche", "suchen", "fehler", "leider", "accueil", "lien", "recherche", "serveur",
    "desole", "busqueda", "direccion", "enlace", "inicio", "pagina", "servidor", "sitio", "адрес",
    "главную", "ошибка", "поиск", "сайт", "сайта", "сайте", "ссылка", "страница",
];

fn phrases(list: &[&str]) -> HashSet<String> {
    list.iter().map(|text| phrase(text)).collect()
}

static PAGE_PHRASES: LazyLock<HashSet<String>> = LazyLock::new(|| phrases(&PAGES));
static REASON_PHRASES: LazyLock<HashSet<String>> = LazyLock::new(|| phrases(&REASONS));
static NUMBERED_PHRASES: LazyLock<HashSet<String>> = LazyLock::new(|| phrases(&NUMBERED_REASONS));
static BESIDE_PHRASES: LazyLock<HashSet<String>> = LazyLock::new(|| phrases(&BESIDE));
static ABOUT_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| phrases(&ABOUT));

/// A pattern of this file.
fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "fixed patterns, which the tests use")]
    Regex::new(text).expect("a regular expression")
}

/// The number of an error, and what stands before and behind it.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    let error = "error|fehler|erreur|ошибка|http|https|status|code";
    pattern(&format!(
        r"^(.*?)\s*\b(?:(?:{error}) )*(?:40[0-9]|410|429|451|50[0-4])(?: (?:{error}))*\b\s*(.*)$"
    ))
});
/// Words before what such a page says.
static POLITE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:oops|ooops|whoops|sorry|we are sorry|were sorry|but|entschuldigung|desole|lo sentimos|извините) )+",
    )
});
/// Sentences with an address or a version, and signatures of servers.
static SERVERS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:nginx|openresty|apache|cloudflare|varnish|lighttpd|litespeed|caddy|microsoft iis|tengine)(?: \S+){0,12}|reference [0-9a-f ]+|the requested url \S.* was not found on this server|additionally a \d+ .* error .*|you dont have permission to access .*|ray id .*|guru meditation|xid .*)$",
    )
});

/// What a line says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// What only a page of an error says.
    Page,
    /// What a headline may say as well.
    Reason,
    /// What stands beside it.
    Beside,
    Other,
}

fn line(text: &str) -> Line {
    let phrase = phrase(text);
    let bare = POLITE.replace(&phrase, "");
    let is_said = |text: &str| REASON_PHRASES.contains(text) || PAGE_PHRASES.contains(text);
    if PAGE_PHRASES.contains(&*bare) || PAGE_PHRASES.contains(&phrase) {
        return Line::Page;
    }
    if let Some(found) = NUMBERED.captures(&phrase) {
        let (before, behind) = (&found[1], &found[2]);
        return match (before.is_empty(), behind.is_empty()) {
            (true, false) if is_said(behind) || NUMBERED_PHRASES.contains(behind) => Line::Page,
            (false, true) if is_said(before) => Line::Page,
            (true, true) if phrase.contains(' ') => Line::Reason,
            (true, true) => Line::Beside,
            _ if SERVERS.is_match(&phrase) => Line::Beside,
            _ => Line::Other,
        };
    }
    if REASON_PHRASES.contains(&*bare) || REASON_PHRASES.contains(&phrase) {
        Line::Reason
    } else if BESIDE_PHRASES.contains(&*bare) || SERVERS.is_match(&phrase) {
        Line::Beside
    } else {
        Line::Other
    }
}

/// The sentences and lines of a text.
fn lines(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for line in text.lines() {
        let mut begun = 0;
        // Only before a space: the points of a version end no sentence.
        for (at, _) in line.match_indices(' ') {
            if line[..at].ends_with(['.', '!', '?']) {
                out.push(&line[begun..at]);
                begun = at;
            }
        }
        out.push(&line[begun..]);
    }
    out.retain(|line| line.contains(char::is_alphanumeric));
    out
}

/// True for a sentence about a page or a server.
fn is_about_page(text: &str) -> bool {
    phrase(text).split(' ').any(|word| ABOUT_WORDS.contains(word))
}

/// What says that a page is that of an error, if its title or its text is nothing else. A text that is about errors is
/// an article.
#[must_use]
pub fn find(title: &str, text: &str) -> Option<String> {
    let length = text.chars().take(TEXT_MAX + 1).count();
    if length > TEXT_MAX {
        return None;
    }
    let said: Vec<(Line, &str)> = lines(text).into_iter().map(|text| (line(text), text)).collect();
    let first = said.iter().find(|(line, _)| matches!(line, Line::Page | Line::Reason));
    let others = said.iter().filter(|(line, _)| *line == Line::Other).count();
    if let Some((_, first)) = first.filter(|_| others == 0) {
        return Some(first.trim().to_owned());
    }
    // The name of the site may stand behind the title.
    let own = title.split(['|', '\u{ab}', '\u{bb}', '\u{b7}']).next().unwrap_or_default();
    let is_strange = |(kind, text): &(Line, &str)| *kind == Line::Other && !is_about_page(text);
    let is_said_too = !said.is_empty() && others * 2 <= said.len();
    let is_titled = match [line(title), line(own)] {
        // A book can have that title: a text about something else has to say it too.
        kinds if kinds.contains(&Line::Page) => is_said_too || !said.iter().any(is_strange),
        // A headline can be that short: the text has to say it too.
        kinds if kinds.contains(&Line::Reason) => is_said_too,
        _ => false,
    };
    (is_titled && length <= TITLED_MAX).then(|| title.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_errors_are_known_in_five_languages() {
        for (title, text) in [
            ("404 Not Found", ""),
            ("403 Sorry!!", ""),
            ("403 Sorry!!", "You are not allowed to read this."),
            ("Page not found", "We could not find what you want. Try the menu, or the search."),
            ("Error 404 - Page not found | The Courier", "Try the menu."),
            ("Page not found (404)", "It looks like nothing was found at this location."),
            ("Storm closes the strait", "404 Not Found\nnginx/1.18.0 (Ubuntu)"),
            (
                "Storm",
                "Not Found\nThe requested URL /storm was not found on this server. Additionally, a 404 Not Found error was encountered while trying to use an ErrorDocument to handle the request.\nApache/2.4.41 (Ubuntu) Server at site.example Port 80",
            ),
            ("Storm", "Sorry, this page doesn\u{2019}t exist."),
            ("Storm", "Oops! That page can't be found.\nGo back"),
            ("Storm", "Access denied"),
            (
                "Access denied",
                "Access Denied\nYou don't have permission to access \"/x\" on this server.\nReference 18.2",
            ),
            ("", "502 Bad Gateway"),
            ("HTTP Error 503", "Service Unavailable"),
            ("Seite nicht gefunden", "Die angeforderte Seite wurde nicht gefunden."),
            ("Fehler 404", "Diese Seite existiert nicht. Zur Startseite"),
            ("Page introuvable", ""),
            ("Erreur 404", "La page demand\u{e9}e n\u{2019}existe pas."),
            ("P\u{e1}gina no encontrada", "Volver al inicio"),
            ("Error 403", "Acceso denegado"),
            ("Страница не найдена", "Вернуться на главную"),
            ("Ошибка 403", "Доступ запрещён"),
        ] {
            assert!(find(title, text).is_some(), "{title}: {text}");
        }
    }

    #[test]
    fn articles_about_errors_are_none() {
        let long = "The page that is not there is thirty years old. ".repeat(8);
        for (title, text) in [
            ("404 Not Found: how an error became famous", "It is thirty years old."),
            ("404 Not Found", &*long),
            (
                "Why your users see Page Not Found",
                "Page not found. That is what most of them read, and few come back.",
            ),
            ("Access denied", "The court has closed its records to reporters, and gave no reason."),
            ("Access denied", ""),
            ("Not found", "The wreck of the ferry was not found, the coast guard said on Monday."),
            ("404", "The number of deaths rose to 404, the ministry said."),
            ("Highway 404 opens", "Highway 404 is open again."),
            ("Sorry", "The mayor has said it at last, after a year."),
            ("Sorry", ""),
            ("Gone", "Gone."),
            (
                "Page Not Found",
                "A novel by Ida Marsh, reviewed. It is her best book and a comedy of the web.",
            ),
            ("410 Gone", "Police said 410 people are gone."),
            ("Storm", "All crossings are cancelled. Page not found is what the ferry's site says."),
            ("Storm", ""),
            ("", ""),
            ("Ошибка", "Министр признал её."),
        ] {
            assert_eq!(find(title, text), None, "{title}: {text}");
        }
        assert_eq!(find("404 Not Found", &"Not found. ".repeat(100)), None);
    }
}
