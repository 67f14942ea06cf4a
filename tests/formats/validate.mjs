// Reads articles as ninjs, JSON-LD and NewsML-G2, and checks them with the standards' own schemas.
//
// usage: node tests/formats/validate.mjs BASE_URL KEY WORK_DIR
//
// KEY needs every scope. Tools go to WORK_DIR and stay there for the next run; they come from the npm registry. The
// schemas of ninjs and NewsML-G2 come from the IPTC, or from the files that NINJS_SCHEMA and NEWSML_SCHEMA name. A
// check without its tool or schema is skipped, by name. Prints a line for each check and exits with 1 if one failed.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const PACKAGES = {
    "ajv": "8.20.0",
    "ajv-formats": "3.0.1",
    "jsonld": "9.0.0",
    "schema-dts": "2.1.0",
    "typescript": "5.9.3",
    "xmllint-wasm": "5.3.0",
};
const NINJS_SCHEMA = "https://iptc.org/std/ninjs/ninjs-schema_3.1.json";
const NEWSML_SCHEMA =
    "https://iptc.org/std/NewsML-G2/2.35/specification/NewsML-G2_2.35-spec-All-Power.xsd";
// What NewsML-G2 takes of the namespace of XML.
const XML_NAMESPACE = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="http://www.w3.org/XML/1998/namespace"><xs:attribute name="lang"><xs:simpleType>
  <xs:union memberTypes="xs:language"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value=""/>
  </xs:restriction></xs:simpleType></xs:union></xs:simpleType></xs:attribute></xs:schema>`;

const [given, key, work] = process.argv.slice(2);
if (!work) {
    console.error("usage: node tests/formats/validate.mjs BASE_URL KEY WORK_DIR");
    process.exit(2);
}
const base = given.replace(/\/$/, "");
const counts = { passed: 0, failed: 0, skipped: 0 };

function tell(outcome, name, why) {
    counts[outcome] += 1;
    console.log(`${outcome} ${name}${why ? `: ${why}` : ""}`);
}

async function check(name, run) {
    try {
        await run();
        tell("passed", name);
    } catch (error) {
        tell("failed", name, error.message);
    }
}

function holds(condition, message) {
    if (!condition) throw new Error(message);
}

// Requests.

async function call(method, at, body, headers = {}) {
    const answer = await fetch(`${base}${at}`, {
        method,
        headers: { "Authorization": `Bearer ${key}`, "Content-Type": "application/json", ...headers },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    holds(answer.ok, `${method} ${at}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
}

async function read(at, type, isPublic) {
    const headers = isPublic ? {} : { "Authorization": `Bearer ${key}` };
    const answer = await fetch(`${base}${at}`, { headers, signal: AbortSignal.timeout(10_000) });
    const text = await answer.text();
    holds(answer.status === 200, `GET ${at}: ${answer.status} ${text}`);
    const got = answer.headers.get("Content-Type") ?? "";
    holds(got.startsWith(type), `GET ${at}: its type is ${got}`);
    return text;
}

// What is published, and how it is read.

const mark = `formats-${Date.now().toString(36)}`;
const NOTICES = [
    {
        title: "Supplied <by> a wire",
        body: "Not edited & [on its terms](https://wire.example/?a=1&b=2).",
        kind: "provider",
        placement: "before",
    },
    { title: "تنبيه", body: "ليس هذا نصيحة.", kind: "legal", language: "ar" },
    { title: "Made with AI", body: "- one\n- two", kind: "ai", language: "en" },
];
const WHOLE = {
    title: "Flood <warning> & \"more\"",
    summary: "The river rises.\nIt stays high.",
    body:
        "The *river* rises.\nIt stays high.\n\n| Gauge | Level |\n| --- | --- |\n| Bridge | 4.2 m |\n\n" +
        "    a < b\n\nSecret words.",
    dateline: "LOWER VALLEY",
    authors: [{ name: "Ada Marsh", url: "https://b\u00fccher.example/ada|1" }, { name: "Ben Ito" }],
    source: { name: `Valley & Co ${mark}`, url: "https://wire.example/1?a=1&b=2" },
    external_id: "vw-1",
    canonical_url: "https://wire.example/original",
    section: "city",
    image: { url: "https://img.example/\u00e9?a[]=1|2", alt: "The river", credit: "C. Lund" },
    expires_at: "2999-01-01T00:00:00Z",
};

async function publish(name, article, attached = []) {
    const more = { slug: `${mark}-${name}`, tags: [mark, "weather"], state: "published" };
    const made = await call("POST", "/v1/articles", { ...article, ...more });
    for (const notice of attached) await call("PUT", `/v1/articles/${made.id}/disclaimers/${notice.id}`);
    return made.id;
}

async function prepare() {
    const notices = [];
    for (const [at, notice] of NOTICES.entries()) {
        notices.push(await call("POST", "/v1/disclaimers", { key: `${mark}-${at}`, text_mode: "current", ...notice }));
    }
    const readings = [];
    const add = (name, id, carried, more = {}) => readings.push({ name, id, carried, ...more });
    add("plain", await publish("plain", { title: "Plain" }), []);
    const whole = await publish("whole", WHOLE, notices);
    await call("POST", `/v1/articles/${whole}/correct`, { note: "An earlier version named the \"wrong\" <bridge>." });
    add("whole", whole, notices, { corrected: "An earlier version named the" });
    add("arabic", await publish("arabic", { ...WHOLE, external_id: "vw-2", language: "ar" }, notices), notices);
    const licensed = await publish("licensed", { ...WHOLE, external_id: "vw-3", access: "restricted" }, notices);
    add("licensed", licensed, notices);
    add("teaser", licensed, notices, { isPublic: true, isTeaser: true });
    const embargo = { ...WHOLE, external_id: "vw-4", embargo_until: "2999-01-01T00:00:00Z", expires_at: null };
    add("embargoed", await publish("embargoed", embargo, notices), notices);
    const withdrawn = await publish("withdrawn", { ...WHOLE, external_id: "vw-5" }, notices);
    await call("POST", `/v1/articles/${withdrawn}/withdraw`, { notice: "It was wrong." });
    add("withdrawn", withdrawn, notices, { status: "canceled" });
    return readings;
}

// Tools and schemas.

function install() {
    mkdirSync(work, { recursive: true });
    const stamp = path.join(work, "formats-tools");
    const wanted = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted.join("\n")) return true;
    writeFileSync(path.join(work, "package.json"), '{"private": true, "type": "module"}');
    const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
    try {
        execFileSync("npm", ["install", ...quiet, ...wanted], { cwd: work, stdio: ["ignore", "ignore", "inherit"] });
    } catch {
        return false;
    }
    writeFileSync(stamp, wanted.join("\n"));
    return true;
}

async function load(name) {
    const resolve = createRequire(path.join(path.resolve(work), "package.json")).resolve;
    const module = await import(pathToFileURL(resolve(name)));
    return module.default?.default ?? module.default ?? module;
}

async function schema(variable, url) {
    if (process.env[variable]) return readFileSync(process.env[variable], "utf8");
    try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
        return answer.ok ? await answer.text() : null;
    } catch {
        return null;
    }
}

async function ninjsValidator() {
    const text = await schema("NINJS_SCHEMA", NINJS_SCHEMA);
    if (!text) return null;
    const Ajv = await load("ajv/dist/2020.js");
    const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: true });
    (await load("ajv-formats"))(ajv);
    // The schema refers to that of GeoJSON, which is not part of it and is not used here.
    ajv.addSchema({ $id: "https://geojson.org/schema/GeoJSON.json", type: "object" });
    const validate = ajv.compile(JSON.parse(text));
    return (item) => holds(validate(item), ajv.errorsText(validate.errors));
}

async function newsmlValidator() {
    const text = await schema("NEWSML_SCHEMA", NEWSML_SCHEMA);
    if (!text) return null;
    const xsd = text.replace(/schemaLocation="[^"]*xml\.xsd"/, 'schemaLocation="xml.xsd"');
    const { validateXML } = await load("xmllint-wasm");
    return async (document) => {
        const result = await validateXML({
            xml: { fileName: "item.xml", contents: document },
            schema: xsd,
            preload: { fileName: "xml.xsd", contents: XML_NAMESPACE },
            maxMemoryPages: 4096,
        });
        holds(result.valid, result.rawOutput);
    };
}

// JSON-LD is expanded with schema.org's vocabulary for a context, and its properties and types are compared with those
// that schema.org has.
async function jsonldValidator() {
    const jsonld = await load("jsonld");
    const documentLoader = async (url) => {
        holds(url === "https://schema.org", `the context ${url}`);
        return { documentUrl: url, document: { "@context": { "@vocab": "https://schema.org/" } } };
    };
    return async (name, type, document) => {
        const [node] = await jsonld.expand(document, { documentLoader, safe: true });
        holds(node["@type"][0] === `https://schema.org/${type}`, `it is a ${node["@type"]}`);
        const file = path.join(work, `${name}.ts`);
        const types = `import type { ${type}, WithContext } from "schema-dts";`;
        const value = JSON.stringify(document, null, 1);
        writeFileSync(file, `${types}\nexport const it: WithContext<${type}> = ${value};\n`);
        const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"];
        try {
            execFileSync("node_modules/.bin/tsc", [...flags, `${name}.ts`], { cwd: work, encoding: "utf8" });
        } catch (error) {
            throw new Error(error.stdout.split("\n").slice(0, 5).join("\n"));
        }
    };
}

// What must not be lost, whatever a schema says.

function unescaped(xml) {
    const names = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
    return xml.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => names[name]);
}

function carries(reading, html) {
    for (const notice of reading.carried) {
        holds(html.includes(notice.body_html.trim()), `the text of ${notice.title} is lost`);
        holds(unescaped(html).includes(notice.title), `the title ${notice.title} is lost`);
        const language = `lang="${notice.language ?? ""}"`;
        holds(html.includes(language), `${language} is lost`);
    }
    holds(!reading.corrected || html.includes(reading.corrected), "the correction is lost");
    holds(!reading.isTeaser || !html.includes("Secret"), "a teaser shows the text");
}

function ninjsKeeps(reading, item) {
    holds(item.uri === `urn:uuid:${reading.id}`, `its name is ${item.uri}`);
    holds(item.pubStatus === (reading.status ?? "usable"), `its status is ${item.pubStatus}`);
    holds(item.representationType === (reading.isTeaser ? "partial" : "full"), `it is ${item.representationType}`);
    carries(reading, item.bodies?.[0]?.value ?? "");
}

function jsonldKeeps(reading, item) {
    holds(item["@id"] === `urn:uuid:${reading.id}`, `its name is ${item["@id"]}`);
    const notices = item.usageInfo ?? [];
    holds(notices.length === reading.carried.length, `${notices.length} disclaimers`);
    for (const wanted of reading.carried) {
        const got = notices.find((notice) => notice["@id"] === `urn:uuid:${wanted.id}`);
        holds(got?.text === wanted.body_html && got.name === wanted.title, `${wanted.title} is not whole`);
        holds((got.inLanguage ?? null) === wanted.language, `${wanted.title} is in ${got.inLanguage}`);
    }
    holds(!reading.corrected || item.correction[0].text.startsWith(reading.corrected), "the correction is lost");
    holds(!reading.isTeaser || item.isAccessibleForFree === false, "a teaser is free");
    holds(!reading.isTeaser || !("articleBody" in item), "a teaser shows the text");
}

function newsmlKeeps(reading, document) {
    holds(document.includes(` guid="urn:uuid:${reading.id}"`), "its name is lost");
    holds(document.includes(`"stat:${reading.status ?? "usable"}"`), "its status is lost");
    const [, content = ""] = /<inlineData[^>]*>([^<]*)<\/inlineData>/.exec(document) ?? [];
    carries(reading, unescaped(content));
    for (const { title, language } of reading.carried) {
        const terms = [...document.matchAll(/<usageTerms xml:lang="([^"]*)"[^>]*>([^\n<]*)/g)];
        const found = terms.some((found) => found[1] === (language ?? "") && unescaped(found[2]) === title);
        holds(found, `the terms ${title} are lost`);
    }
}

// The run.

const hasTools = install();
const ninjs = hasTools ? await ninjsValidator() : null;
const newsml = hasTools ? await newsmlValidator() : null;
const jsonld = hasTools ? await jsonldValidator() : null;
if (!hasTools) tell("skipped", "all schemas", "npm cannot install its packages");
else {
    if (!ninjs) tell("skipped", "the schema of ninjs", `${NINJS_SCHEMA} cannot be had`);
    if (!newsml) tell("skipped", "the schema of NewsML-G2", `${NEWSML_SCHEMA} cannot be had`);
}

const readings = await prepare();
// Alone, a licensed article is refused to those who may not read it; only lists have teasers.
for (const reading of readings.filter((reading) => !reading.isTeaser)) {
    const at = (format) => `/v1/articles/${reading.id}?format=${format}`;
    await check(`ninjs, ${reading.name}`, async () => {
        const item = JSON.parse(await read(at("ninjs"), "application/ninjs+json", false));
        ninjs?.(item);
        ninjsKeeps(reading, item);
    });
    await check(`JSON-LD, ${reading.name}`, async () => {
        const item = JSON.parse(await read(at("jsonld"), "application/ld+json", false));
        await jsonld?.(reading.name, "NewsArticle", item);
        jsonldKeeps(reading, item);
    });
    await check(`NewsML-G2, ${reading.name}`, async () => {
        const document = await read(at("newsml"), "application/", false);
        await newsml?.(document);
        newsmlKeeps(reading, document);
    });
}

// A key that reads everything has no teasers in its lists, and the public has no others of licensed articles.
const listed = (isPublic) => readings.filter((reading) => Boolean(reading.isPublic) === isPublic);
const list = (format) => `/v1/articles?tag=${mark}&limit=100&format=${format}`;
for (const isPublic of [false, true]) {
    const who = isPublic ? "public" : "with a key";
    await check(`ninjs, a list, ${who}`, async () => {
        const got = JSON.parse(await read(list("ninjs"), "application/", isPublic));
        for (const item of got._items) ninjs?.(item);
        for (const reading of listed(isPublic)) {
            const item = got._items.find((item) => item.uri === `urn:uuid:${reading.id}`);
            holds(item, `${reading.name} is not in it`);
            ninjsKeeps(reading, item);
        }
        holds(got._links.self.href && !got._links.next, "its links");
    });
    await check(`JSON-LD, a list, ${who}`, async () => {
        const got = JSON.parse(await read(list("jsonld"), "application/ld+json", isPublic));
        await jsonld?.("list", "ItemList", got);
        for (const reading of listed(isPublic)) {
            const entry = got.itemListElement.find(({ item }) => item["@id"] === `urn:uuid:${reading.id}`);
            holds(entry, `${reading.name} is not in it`);
            jsonldKeeps(reading, entry.item);
        }
    });
}
await check("ninjs, a list of pages", async () => {
    const seen = new Set();
    let next = `${list("ninjs").replace("limit=100", "limit=2")}`;
    for (let page = 0; next && page < 10; page += 1) {
        const got = JSON.parse(await read(next, "application/", false));
        for (const item of got._items) seen.add(item.uri);
        const url = got._links.next && new URL(got._links.next.href);
        next = url && `${url.pathname}${url.search}`;
    }
    for (const reading of listed(false)) holds(seen.has(`urn:uuid:${reading.id}`), `${reading.name} is on no page`);
});

console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed ? 1 : 0);
