// Makes the Postman collection from the OpenAPI document: a folder for each resource, its requests
// in an order in which "Run collection" passes from the first to the last, each with its tests.
// A run shows readers no article, and its last folder takes back what it has made.
//
//   NODE_TOOLS=<where openapi-to-postmanv2 is installed> \
//     node tests/postman/collection.mjs openapi/openapi.json > openapi/copydesk.postman_collection.json
//
// With `demo` or `own` as a second argument, the environment of that name instead:
//
//   node tests/postman/collection.mjs openapi/openapi.json demo \
//     > openapi/copydesk.demo.postman_environment.json

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

// Published, and yet nobody sees it without a key.
const UNSEEN = { state: 'published', embargo_until: '2999-01-01T00:00:00Z' };

// A section and a tag that no newsroom has: they are given a name, which must be nobody's.
const TERM = 'postman-run';

// What no rule can know of an operation. Most need nothing of this and are not named here.
//   body            members to put over the document's example; a string is sent as it stands
//   path            values of path parameters
//   query, headers  what to send of them; the document's optional ones are there, switched off
//   needs           a variable without which the request is left out
//   throwaway       acts on a thing of its own, made just before with these members over the example
//   thing           what that is, where the path does not say it
//   first           what is done to that thing before: an action with its body, or DELETE
//   sets            variables to set, each from a member of the answer
//   remembers       what the last folder takes back: its kind and its id. What is created is known.
//   tests           further tests: a name and an expression, in which `body` is the answer
const SCENARIO = {
  create_disclaimer: { body: ownDisclaimer() },
  replace_disclaimer: { body: ownDisclaimer() },
  create_article: { body: { state: 'draft' }, sets: { slug: 'slug' } },
  replace_article: { headers: { 'If-Match': '{{etag}}' } },
  update_article: { tests: { 'has the disclaimer': hasId('disclaimers', 'disclaimer') } },
  publish_article: { throwaway: { ...UNSEEN, state: 'draft' }, tests: hasState('published') },
  unpublish_article: { throwaway: UNSEEN, tests: hasState('draft') },
  withdraw_article: { throwaway: UNSEEN, tests: hasState('withdrawn') },
  block_article: { throwaway: {}, tests: hasState('blocked') },
  unblock_article: {
    throwaway: {},
    first: ['block', { authority: 'Regional Court of Port Ellery' }],
    tests: hasState('draft'),
  },
  correct_article: {
    throwaway: UNSEEN,
    sets: { corrected: 'id', correction: 'corrections[0].id' },
    tests: { 'has the correction': "pm.expect(body.corrections).to.have.lengthOf(1)" },
  },
  withdraw_correction: { path: { article: '{{corrected}}' } },
  // What an article has that is made for the request alone.
  read_section: { path: { slug: TERM }, throwaway: { section: TERM } },
  name_section: { path: { slug: TERM }, throwaway: { section: TERM }, remembers: ['sections', TERM] },
  read_tag: { path: { slug: TERM }, throwaway: { tags: [TERM] } },
  name_tag: { path: { slug: TERM }, throwaway: { tags: [TERM] }, remembers: ['tags', TERM] },
  read_revision: { query: { against: '1' } },
  restore_article: { throwaway: {}, first: ['DELETE'], tests: hasState('draft') },
  update_comment: { body: { state: 'published' } },
  moderate_comments: {
    body: { ids: ['{{comment}}'] },
    tests: { 'decided': "pm.expect(body.items[0].state).to.equal('published')" },
  },
  list_comments: { tests: { 'has the new comment': hasId('items', 'comment') } },
  delete_comment: { throwaway: { body: 'This was meant for another page.' } },
  restore_comment: { throwaway: { body: 'This was deleted by mistake.' }, first: ['DELETE'] },
  count_comments: { query: { article: '{{article}}' } },
  // Not by mail address: someone may have the one of the example.
  export_comments: {
    body: { author_email: undefined, ids: ['{{comment}}'] },
    tests: { 'has the comment': hasId('items', 'comment') },
  },
  erase_comments: {
    thing: 'comment',
    throwaway: { body: 'This says too much about me.' },
    body: { author_email: undefined, ids: ['{{throwaway}}'] },
    tests: { 'has erased it': 'pm.expect(body.erased).to.equal(1)' },
  },
  // A comment with a key comes from no address, and a draft has no other.
  block_address: { needs: 'readerComment', path: { comment: '{{readerComment}}' }, sets: { block: 'id' } },
  read_block: { needs: 'block', path: { block: '{{block}}' } },
  unblock_address: { needs: 'block', path: { block: '{{block}}' } },
  test_webhook: { sets: { delivery: 'id' } },
  resend_webhook_delivery: { path: { delivery: '{{delivery}}' } },
  read_disclaimer_version: { path: { version: '1' } },
  preview_rule: { body: { applies_to: { all: true } } },
  read_problem: { path: { code: 'slug_taken' } },
};

// The folder of refusals: the request of an operation with something wrong in it, and what answers it.
// `key` (null for none), `method` and `route` stand in place of the operation's own.
const REFUSALS = [
  ['No key', 'create_article', 401, 'unauthenticated', { key: null }],
  ['Wrong key', 'list_articles', 401, 'invalid_key', { key: 'not-a-key' }],
  ['Unknown article', 'read_article', 404, 'article_not_found', { path: { article: 'no-such' } }],
  ['Wrong path', 'list_articles', 404, 'route_not_found', { route: ['v1', 'article'] }],
  ['Wrong method', 'list_articles', 405, 'method_not_allowed', { method: 'DELETE' }],
  ['Comments closed', 'create_comment', 403, 'comments_closed',
    { throwaway: { comments_policy: 'closed' } }],
  ['Slug taken', 'create_article', 409, 'slug_taken', { body: { slug: '{{slug}}' } }],
  ['Stale If-Match', 'update_article', 412, 'precondition_failed',
    { headers: { 'If-Match': '"0-stale"' } }],
  ['Wrong content type', 'create_article', 415, 'unsupported_media_type',
    { headers: { 'Content-Type': 'text/plain' } }],
  ['Two rules broken', 'create_article', 422, 'validation_failed', {
    body: { title: '', language: 'no language' },
    tests: {
      'points at both':
        "pm.expect(body.errors.map((fault) => fault.pointer)).to.have.members(['/title', '/language'])",
    },
  }],
  ['Broken JSON', 'create_article', 400, 'malformed_json', { body: '{"title": "Flood' }],
  ['Unknown parameter', 'list_articles', 400, 'invalid_parameter', { query: { colour: 'red' } }],
  ['Disclaimer in use', 'delete_disclaimer', 409, 'disclaimer_in_use',
    { path: { disclaimer: '{{disclaimer}}' } }],
  ['Not to be had as CSV', 'list_articles', 406, 'not_acceptable', { headers: { Accept: 'text/csv' } }],
];

// The last folder: the operations that take back what a run has made, in this order, kind by kind.
// Before them go the kinds that are not named here, each with its DELETE. What someone has taken back
// already is as good.
//   refused   a status that leaves the thing to another kind
const CLEAN_UP = [
  // While an article has the term.
  { kind: 'sections', by: 'name_section', body: { name: null }, answers: [200, 404] },
  { kind: 'tags', by: 'name_tag', body: { name: null }, answers: [200, 404] },
  // DELETE would keep it for the moderators.
  {
    kind: 'comments', by: 'erase_comments', answers: [200],
    body: { author_email: undefined, ids: ['{{taken}}'] },
  },
  { kind: 'block-address', by: 'unblock_address' },
  { kind: 'articles', by: 'delete_article', query: { purge: 'true' } },
  // One that was attached to an article of the newsroom cannot be deleted.
  { kind: 'disclaimers', by: 'delete_disclaimer', refused: [409, 'disclaimers in use'] },
  { kind: 'disclaimers in use', by: 'retire_disclaimer', answers: [200, 404] },
];

// The folders that go first: articles carry disclaimers.
const FIRST = ['disclaimers'];

// The order in a folder. What none of these takes has no place.
const ORDER = [
  ({ creates }) => creates,
  ({ method, path }) => method === 'get' && !path.endsWith('}'),
  ...['get', 'put', 'patch', 'post', 'delete'].map((taken) => ({ method }) => method === taken),
];

// Variables with a meaning of their own. The others are named after path parameters.
const VARIABLES = [
  { key: 'baseUrl', value: 'http://127.0.0.1:8080', description: 'Where the server is.' },
  { key: 'key', value: '', description: 'Paste your key here.' },
  { key: 'etag', value: '', description: 'The ETag of the last answer that had one.' },
  { key: 'throwaway', value: '', description: 'The id of what was made for one request alone.' },
  {
    key: 'readerComment', value: '',
    description: 'The id of a comment that a reader has written lately; without it nothing is blocked.',
  },
  { key: 'made', value: '{}', description: 'What "clean up" will take back: ids by kind.' },
  { key: 'taken', value: '', description: 'The id of what "clean up" is taking back.' },
];

const ENVIRONMENTS = {
  demo: { name: 'Copydesk demo', key: { value: 'secret', type: 'default' } },
  own: { name: 'Copydesk, own server', key: { value: '', type: 'secret' } },
};

const REMEMBER = `
const remember = (kind, id) => {
  const made = JSON.parse(pm.collectionVariables.get('made') || '{}');
  made[kind] = [...new Set(made[kind]).add(id)];
  pm.collectionVariables.set('made', JSON.stringify(made));
};`;

const OF_EVERY_ANSWER = `${REMEMBER}
const location = pm.response.headers.get('Location');
if (pm.response.code === 201 && location) remember(...location.split('/').slice(-2));
const id = pm.response.headers.get('X-Request-Id');
pm.test('has a request id', () => pm.expect(id).to.be.a('string').that.is.not.empty);
if (pm.response.code >= 400) {
  pm.test('is a problem', () => {
    pm.expect(pm.response.headers.get('Content-Type')).to.equal('application/problem+json');
    const problem = pm.response.json();
    pm.expect(problem.status).to.equal(pm.response.code);
    pm.expect(problem.code).to.be.a('string').that.is.not.empty;
    pm.expect(problem.detail).to.be.a('string').that.is.not.empty;
    pm.expect(problem.instance).to.equal('urn:uuid:' + id);
  });
}
if (pm.response.headers.has('ETag')) {
  pm.collectionVariables.set('etag', pm.response.headers.get('ETag'));
}`;

const [file, environment] = process.argv.slice(2);
const tools = process.env.NODE_TOOLS;
if (environment) {
  const { name, key } = ENVIRONMENTS[environment] ?? stop(`there is no environment \`${environment}\`.`);
  const [{ value: baseUrl }] = VARIABLES;
  print({
    name,
    values: [
      { key: 'baseUrl', value: baseUrl, type: 'default', enabled: true },
      { key: 'key', ...key, enabled: true },
    ],
    _postman_variable_scope: 'environment',
  });
  process.exit();
}
if (!file || !tools) stop('name the OpenAPI document, and in NODE_TOOLS where the packages are.');
const api = JSON.parse(readFileSync(file, 'utf8'));

const follow = (node) =>
  node.$ref ? node.$ref.slice(2).split('/').reduce((within, key) => within[key], api) : node;
const bearer = (value) => ({ type: 'bearer', bearer: [{ key: 'token', value, type: 'string' }] });
const script = (listen, text) =>
  ({ listen, script: { type: 'text/javascript', exec: text.trim().split('\n') } });
const overlay = (list, values = {}) => list
  .filter(({ key }) => !(key in values))
  .concat(Object.entries(values).map(([key, value]) => ({ key, value })));
const variable = (name) => (VARIABLES.some(({ key }) => key === name) ? `${name}_id` : name);

const keyless = []; // the requests that need no key, by name
const operations = readOperations(await convert());
const creators = findCreators();
const known = new Map(); // the variables that the requests so far set, each with what sets it

Object.keys(SCENARIO).forEach(find);
const folders = [
  ...api.tags.toSorted((a, b) => FIRST.includes(b.name) - FIRST.includes(a.name)).map(folder),
  {
    name: 'refusals',
    description: 'What the server refuses, and how it says so. Run the other folders first.',
    item: REFUSALS.map(refusal),
  },
  {
    name: 'clean up',
    description: `Takes back what the requests have made. Run it as a folder: each of its requests is \
repeated until nothing of its kind is left. Revoked keys stay in \`GET /v1/keys?state=revoked\`.`,
    item: cleanUp(),
  },
];
print({
  info: {
    name: api.info.title,
    description: `${api.info.description}\n\nSet the variables \`baseUrl\` and \`key\`, or choose \
an environment that has them, then run the collection. Single requests work too: those that create \
something set the variables of the others. Articles that are made are drafts or under an embargo, so \
readers see none of them. The last folder, "clean up", takes back what was made: at the end of a run, \
or run alone, also after a run that has failed.`,
    schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
  },
  auth: bearer('{{key}}'),
  event: [script('prerequest', askForKey()), script('test', OF_EVERY_ANSWER)],
  item: folders,
  variable: [
    ...VARIABLES,
    ...Array.from(known, ([key, by]) => ({ key, value: '', description: `Set by "${by}".` })),
  ],
});

// The converter's requests, by method and path.
async function convert() {
  const { convertV2 } = createRequire(resolve(tools, 'package.json'))('openapi-to-postmanv2');
  const { result, reason, output } = await promisify(convertV2)(
    { type: 'json', data: structuredClone(api) },
    { folderStrategy: 'Tags', parametersResolution: 'Example', enableOptionalParameters: false },
  );
  if (!result) stop(`the document cannot be converted: ${reason}`);
  const requests = (item) => item.item?.flatMap(requests) ?? [item.request];
  const path = ({ url }) => url.path.map((segment) => segment.replace(/^:(.+)/, '{$1}')).join('/');
  return new Map(requests(output[0].data).map((it) => [`${it.method} /${path(it)}`, it]));
}

// The document's operations, each with the converter's request.
function readOperations(requests) {
  return Object.entries(api.paths).flatMap(([path, { parameters = [], ...methods }]) =>
    Object.entries(methods).map(([method, { operationId: id, tags, responses, ...rest }]) => {
      const where = `${method.toUpperCase()} ${path}`;
      const status = Object.keys(responses).find((code) => code.startsWith('2'));
      const creates = method === 'post' && status === '201';
      const place = ORDER.findIndex((takes) => takes({ method, path, creates }));
      if (!status) stop(`\`${id}\` documents no success, so there is nothing to test.`);
      if (place < 0) stop(`\`${id}\` is ${where}, which has no place in ORDER.`);
      if (!api.tags.some(({ name }) => name === tags?.[0])) stop(`\`${id}\` has no tag with a folder.`);
      const { content = {} } = follow(responses[status]);
      const security = rest.security ?? api.security ?? [];
      const open = security.length === 0 || security.some((one) => Object.keys(one).length === 0);
      return {
        id, path, creates, place, status,
        tag: tags[0],
        parameters: [...parameters, ...(rest.parameters ?? [])].map(follow),
        // What can be read, too, is a thing. Anything else is a tie between two things.
        deletesThing: method === 'delete' && 'get' in methods,
        open,
        types: Object.keys(content),
        schema: content['application/json']?.schema,
        request: requests.get(where) ?? stop(`the converter leaves out ${where}.`),
      };
    }),
  // An answer without end ends no test.
  ).filter(({ types }) => !types.includes('text/event-stream'));
}

// What creates the things that path parameters name: with `/comments/{comment}` in some path, a
// `comment` comes from the POST on a path that ends in `/comments`.
function findCreators() {
  const found = operations.flatMap(({ path }) =>
    Array.from(path.matchAll(/(\/[^/]+)\/\{(.+?)\}/g), ([, collection, name]) =>
      [name, operations.find((one) => one.creates && one.path.endsWith(collection))]));
  return new Map(found.filter(([, creator]) => creator));
}

function find(id) {
  return operations.find((operation) => operation.id === id)
    ?? stop(`\`${id}\` is prepared, but the document has no such operation.`);
}

// Newman sends a request although a script before it throws, so this skips it and all that follow.
function askForKey() {
  return `
const needNoKey = ${JSON.stringify(keyless, null, 2)};
if (!pm.variables.get('key') && !needNoKey.includes(pm.info.requestName)) {
  pm.test('has a key', () => pm.expect.fail('The variable \`key\` is empty: paste a key of your server \
there; the first start prints one, and \`copydesk key create\` makes others.'));
  pm.execution.setNextRequest(null);
  pm.execution.skipRequest();
}`;
}

function folder({ name, description }) {
  const inOrder = operations.filter(({ tag }) => tag === name).sort((a, b) => a.place - b.place);
  return { name, description, item: inOrder.map(success) };
}

function success(operation) {
  const { id, status, schema, request } = operation;
  const prepared = SCENARIO[id] ?? {};
  const made = [...creators].find(([, creator]) => creator === operation)?.[0];
  const sets = { ...(made && { [variable(made)]: 'id' }), ...prepared.sets };
  const tests = { ...documentedTests(operation, prepared, made), ...prepared.tests };
  const after = testScript(status, schema, tests);
  if (prepared.remembers) {
    after.push(REMEMBER.trim(), `remember(...${JSON.stringify(prepared.remembers)});`);
  }
  for (const [key, member] of Object.entries(sets)) {
    after.push(`pm.collectionVariables.set('${key}', body.${member});`);
    known.set(key, request.name);
  }
  return item(request.name, request.description, operation, prepared, after.join('\n'));
}

function refusal([name, id, status, code, prepared]) {
  const tests = { [`is ${code}`]: `pm.expect(body.code).to.equal('${code}')`, ...prepared.tests };
  const about = `\`/problems/${code}\` explains it.`;
  const after = testScript(status, true, tests).join('\n');
  return item(`${name}: ${status} ${code}`, about, find(id), prepared, after);
}

// What takes back each kind of thing that is created, as CLEAN_UP or the document says.
function cleanUp() {
  const kinds = operations.filter(({ creates }) => creates).map(({ path }) => path.split('/').at(-1));
  const others = kinds.filter((kind) => !CLEAN_UP.some((one) => one.kind === kind)).map((kind) => ({
    kind,
    by: operations.find(({ deletesThing, path }) => deletesThing && path.split('/').at(-2) === kind)?.id
      ?? stop(`no DELETE takes back what is created at \`/${kind}\`: name the kind in CLEAN_UP.`),
  }));
  return [...others, ...CLEAN_UP].map(takingBack);
}

function takingBack({ kind, by, answers = [204, 404], refused: [status, otherKind] = [], ...prepared }) {
  const operation = find(by);
  const name = operation.request.url.variable[0]?.key;
  const expected = answers.concat(status ?? []);
  const before = `
const left = JSON.parse(pm.collectionVariables.get('made') || '{}')['${kind}'] ?? [];
if (left.length === 0) pm.execution.skipRequest();
pm.collectionVariables.set('taken', left.at(-1));`;
  // After a failure it stops: what is left is taken back the next time, in the same order.
  const after = `
const expected = ${JSON.stringify(expected)};
const { code } = pm.response;
pm.test('answers ${expected.join(' or ')}', () => pm.expect(code).to.be.oneOf(expected));
if (expected.includes(code)) {
  const made = JSON.parse(pm.collectionVariables.get('made'));
  const id = made['${kind}'].pop();${status ? `
  if (code === ${status}) (made['${otherKind}'] ??= []).push(id);` : ''}
  pm.collectionVariables.set('made', JSON.stringify(made));
  if (made['${kind}'].length > 0) pm.execution.setNextRequest(pm.info.requestName);
} else {
  pm.execution.setNextRequest(null);
}`;
  return item(`Clean up: ${kind}`, operation.request.description, operation, {
    ...prepared,
    path: name && { [name]: '{{taken}}' },
    // A server may insist on it.
    headers: operation.parameters.some(({ name }) => name === 'If-Match') ? { 'If-Match': '*' } : {},
  }, after, [script('prerequest', before)]);
}

// What the document says of the answer when all goes well.
function documentedTests(operation, prepared, made) {
  const { types, schema } = operation;
  if (types.length === 0) return { 'has no body': "pm.expect(pm.response.text()).to.equal('')" };
  const type = "pm.response.headers.get('Content-Type').split(';')[0]";
  const tests = {
    [`is ${types.join(' or ')}`]: `pm.expect(${type}).to.be.oneOf(${JSON.stringify(types)})`,
  };
  if (!schema) return tests;

  const { required, properties } = follow(schema);
  const entry = follow(properties?.items?.items ?? {});
  const hasAll = (names, of) =>
    `pm.expect(${JSON.stringify(names)}.filter((name) => !(name in ${of})), 'missing').to.be.empty`;
  if (required) tests['has all members'] = hasAll(required, 'body');
  if (entry.required) {
    tests['its items have all members'] =
      `body.items.forEach((item) => ${hasAll(entry.required, 'item')})`;
  }
  const thing = target(operation);
  if (made) {
    tests['Location names it'] = "pm.expect(pm.response.headers.get('Location')).to.contain(body.id)";
  } else if (schema.$ref && schema.$ref === creators.get(thing)?.schema?.$ref) {
    const asked = `pm.variables.replaceIn('${pathValue(operation, prepared, thing)}')`;
    tests['is the one that was asked for'] = `pm.expect(body.id).to.equal(${asked})`;
  }
  return tests;
}

function testScript(status, hasBody, tests) {
  const test = ([name, expression]) => `pm.test('${name}', () => ${expression});`;
  return [
    test([`answers ${status}`, `pm.response.to.have.status(${status})`]),
    ...(hasBody ? ['const body = pm.response.json();'] : []),
    ...Object.entries(tests).map(test),
  ];
}

function item(name, description, operation, prepared, after,
  before = throwawayScript(operation, prepared)) {
  const { url, header = [], body, method } = operation.request;
  const query = overlay(
    url.query.map((one) => ({ ...one, value: sample(operation, one.key) })), prepared.query);
  const variables = url.variable.map(({ key, description }) =>
    ({ key, value: pathValue(operation, prepared, key), description }));
  // Where a key may be left out it is, unless the request is about something that was made: only a key
  // sees drafts. Without a key it can be sent all the same, about something public.
  const aboutMade = JSON.stringify([query, variables]).includes('{{');
  const optional = operation.open && !prepared.throwaway;
  const { key = optional && !aboutMade ? null : undefined } = prepared;
  if (optional || key !== undefined) keyless.push(name);
  return {
    name,
    event: [...before, ...needed(prepared), script('test', after)],
    request: {
      method: prepared.method ?? method,
      description,
      auth: key === null ? { type: 'noauth' } : key && bearer(key),
      url: { host: url.host, path: prepared.route ?? url.path, query, variable: variables },
      header: overlay(
        header.filter(({ key }) => key !== 'Accept')
          .map((one) => ({ ...one, value: one.key.startsWith('If-') ? '{{etag}}' : one.value })),
        prepared.headers),
      body: body.raw && { ...body, raw: bodyText(body, prepared.body) },
    },
  };
}

// A request is left out while a variable that it needs is empty.
function needed({ needs }) {
  return needs ? [script('prerequest', `if (!pm.variables.get('${needs}')) pm.execution.skipRequest();`)] : [];
}

function bodyText({ raw }, changes) {
  if (typeof changes === 'string') return changes;
  return changes ? JSON.stringify({ ...JSON.parse(raw), ...changes }, null, 2) : raw;
}

// What is acted on: the last thing on the path that has a creator.
function target({ request }) {
  return request.url.variable.findLast(({ key }) => creators.has(key))?.key;
}

// What a throwaway has of its own, or undefined where none is made. A thing that is deleted is one
// unless its path is prepared, for later requests need the thing that the variable names.
function throwaway(operation, prepared) {
  const deletes = operation.deletesThing && operation.path.endsWith(`{${target(operation)}}`);
  return prepared.throwaway ?? (deletes && !prepared.path ? {} : undefined);
}

function throwawayScript(operation, prepared) {
  const changes = throwaway(operation, prepared);
  if (!changes) return [];
  const { id, path, request } = creators.get(prepared.thing ?? target(operation) ?? 'article');
  const url = path.replace(/\{(.+?)\}/g, (_, name) => `{{${variable(name)}}}`);
  const body = bodyText(request.body, { ...SCENARIO[id]?.body, ...changes });
  return [script('prerequest', `${REMEMBER}
const header = {
  'Authorization': pm.variables.replaceIn('Bearer {{key}}'),
  'Content-Type': 'application/json',
};
pm.sendRequest({
  method: 'POST',
  url: pm.variables.replaceIn('{{baseUrl}}${url}'),
  header,
  body: pm.variables.replaceIn(JSON.stringify(${body.replaceAll('\n', '\n  ')})),
}, (error, answer) => {
  pm.test('has a thing of its own', () => pm.expect(error ?? answer.code).to.equal(201));
  if (answer?.code !== 201) pm.execution.skipRequest();
  const [kind, id] = answer.headers.get('Location').split('/').slice(-2);
  remember(kind, id);
  pm.collectionVariables.set('throwaway', id);${firstScript(operation, prepared.first)}
});`)];
}

// A second request of the same script, on what the first one made.
function firstScript(operation, first) {
  if (!first) return '';
  const [url] = operation.path.split(`/{${target(operation)}}`);
  const [action, body] = first;
  const [method, rest, status] = action === 'DELETE' ? ['DELETE', '', 204] : ['POST', `/${action}`, 200];
  return `
  pm.sendRequest({
    method: '${method}',
    url: pm.variables.replaceIn('{{baseUrl}}${url}/{{throwaway}}${rest}'),
    header,
    body: ${body ? `'${JSON.stringify(body)}'` : 'undefined'},
  }, (error, answer) => {
    pm.test('has prepared it', () => pm.expect(error ?? answer.code).to.equal(${status}));
  });`;
}

function pathValue(operation, prepared, name) {
  if (prepared.path?.[name]) return prepared.path[name];
  if (throwaway(operation, prepared) && name === target(operation)) return '{{throwaway}}';
  if (known.has(variable(name))) return `{{${variable(name)}}}`;
  return sample(operation, name)
    || stop(`nothing sets \`${name}\` before \`${operation.id}\`: prepare its \`path\` in SCENARIO.`);
}

// The document's value for a parameter. The converter makes one up where there is no example.
function sample({ parameters }, name) {
  const { example, schema } = parameters.find((parameter) => parameter.name === name);
  return String(example ?? schema.default ?? schema.enum?.[0] ?? '');
}

// No article has its provider, so it attaches itself to nothing.
function ownDisclaimer() {
  return { key: 'wire-agency-{{$guid}}', applies_to: { sources: ['Valley Wire {{$guid}}'] } };
}

function hasState(state) {
  return { [`is ${state}`]: `pm.expect(body.state).to.equal('${state}')` };
}

// A test that the answer's list has the thing that the variable names.
function hasId(list, name) {
  return `pm.expect(body.${list}.map((one) => one.id)).to.include(pm.variables.get('${name}'))`;
}

// Leaves out what says nothing.
function tidy(key, value) {
  if ((key === 'disabled' && !value) || (Array.isArray(value) && !value.length)) return undefined;
  return value?.type === 'text/plain' ? value.content : value;
}

function print(made) {
  process.stdout.write(`${JSON.stringify(made, tidy, 2)}\n`);
}

function stop(sentence) {
  console.error(`collection.mjs: ${sentence}`);
  process.exit(1);
}
