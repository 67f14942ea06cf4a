// Reads feeds with rss-parser as it is without options, and compares what it makes of two articles with what they
// are.
//
// usage: NODE_TOOLS=FOLDER node readers.mjs BASE_URL EXPECTED
//
// FOLDER has the node_modules; EXPECTED is the JSON that run.sh writes. Prints a line for each feed; exits with 1 if
// anything was lost. rss-parser keeps one author of an item, and of an Atom entry no category and no enclosure.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NODE_TOOLS}/`);
const Parser = require("rss-parser");
const { version } = require("rss-parser/package.json");

const [base, path] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(path, "utf8"));

/** The disclaimers stand around `middle`, with their languages and directions. */
function around(html, middle) {
    const at = (text) => {
        const place = html.indexOf(text);
        assert.ok(place >= 0, `${text} is lost in ${html}`);
        return place;
    };
    const places = [
        at('lang="" dir="auto"'), at(expected.before),
        at(`lang="${expected.language}" dir="rtl"`), at(middle),
        at('lang="ar" dir="rtl"'), at(expected.after),
    ];
    assert.deepEqual(places, places.toSorted((one, other) => one - other), "order of disclaimers and text");
}

function whole(html) {
    around(html, expected.cell);
    assert.match(html, new RegExp(`<table>[^]*<td>${expected.cell}</td>[^]*</table>`), "table");
    assert.ok(html.includes(`<p lang="en" dir="ltr">${expected.inner}</p>`), "language within the text");
    assert.ok(html.includes(expected.dateline), "dateline");
}

const checks = {
    rss(item, which) {
        assert.equal(item.creator, expected.authors[0]);
        assert.deepEqual(item.categories, expected.tags);
        assert.equal(item.source, expected.source);
        assert.deepEqual({ ...item.enclosure }, { url: expected.image, length: "0", type: "image/jpeg" });
        assert.equal(item.language, expected.language);
        // What it calls the content is the description.
        around(item.content, expected.summary);
        if (which === "whole") whole(item["content:encoded"]);
        else assert.equal(item["content:encoded"], undefined, "a teaser has a text");
    },
    atom(item, which) {
        assert.equal(item.author, expected.authors[0]);
        around(item.summary, expected.summary);
        if (which === "whole") whole(item.content);
        else assert.equal(item.content, undefined, "a teaser has a text");
    },
};

for (const kind of ["rss", "atom"]) {
    try {
        const url = `${base}/feeds/articles.${kind}?${expected.query}`;
        const feed = await new Parser({ timeout: 10_000 }).parseURL(url);
        assert.ok(feed.title && feed.link && feed.feedUrl, "the feed does not name itself");
        for (const which of ["whole", "teaser"]) {
            const item = feed.items.find((one) => (one.guid ?? one.id) === expected[which]);
            assert.ok(item, `${which} is not in the feed`);
            assert.equal(item.title, expected.titles[which]);
            assert.match(item.link, /^https?:/);
            assert.equal(item.isoDate, `${expected.published}.000Z`);
            checks[kind](item, which);
            const gives = JSON.stringify(item).includes(expected.cell);
            assert.equal(gives, which === "whole", "the text is in the article and not in its teaser");
        }
        console.log(`ok rss-parser ${version}: ${kind}`);
    } catch (error) {
        console.log(`FAIL rss-parser ${version}: ${kind}\n${error.stack}`);
        process.exitCode = 1;
    }
}
// rss-parser leaves the connection of an answer open that it refuses: node would wait for that.
process.exit();
