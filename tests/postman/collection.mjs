// Makes the Postman collection from the OpenAPI document: a folder for each resource, its requests
// in an order in which "Run collection" passes from the first to the last, each with its tests.
//
//   NODE_TOOLS=<where openapi-to-postmanv2 is installed> \
//     node tests/postman/collection.mjs openapi/openapi.json > openapi/copydesk.postman_collection.json

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

// What no rule can know of an operation. Most need nothing of this and are not named here.
//   body            members to put over the document's example; a string is sent as it stands
//   path            values of path parameters
//   query, headers  what to send of them; the document's optional ones are there, switched off
//   throwaway       acts on a thing of its own, made just before with these members over the example
//   first           what is done to that thing before: an action with its body, or DELETE
//   sets            variables to set, each from a member of the answer
//   tests           further tests: a name and an expression, in which `body` is the answer
const SCENARIO = {
  create_disclaimer: { body: { key: 'wire-agency-{{$guid}}' } },
  replace_disclaimer: { body: { key: 'wire-agency-{{$guid}}' } },
  create_article: { sets: { slug: 'slug' } },
  replace_article: { headers: { 'If-Match': '{{etag}}' } },
  update_article: { tests: { 'has the disclaimer': hasId('disclaimers', 'disclaimer') } },
  publish_article: {
    throwaway: { state: 'draft' },
    tests: { 'is public': "pm.expect(body.state).to.equal('published')" },
  },
  unpublish_article: {
    throwaway: { state: 'published' },
    tests: { 'is a draft': "pm.expect(body.state).to.equal('draft')" },
  },
  withdraw_article: { throwaway: { state: 'published' } },
  block_article: { throwaway: { state: 'published' } },
  unblock_article: {
    throwaway: { state: 'published' },
    first: ['block', { authority: 'Regional Court of Port Ellery' }],
  },
  correct_article: {
    sets: { correction: 'corrections[0].id' },
    tests: { 'is said in public': "pm.expect(body.corrections).to.not.be.empty" },
  },
  // What an article has that is made for the request alone.
  read_section: { path: { slug: 'weather' }, throwaway: { section: 'weather' } },
  name_section: { path: { slug: 'weather' }, throwaway: { section: 'weather' } },
  read_tag: { path: { slug: 'weather' }, throwaway: { tags: ['weather'] } },
  name_tag: { path: { slug: 'weather' }, throwaway: { tags: ['weather'] } },
  read_revision: { query: { against: '1' } },
  restore_article: { throwaway: {}, first: ['DELETE'] },
  update_comment: { body: { state: 'published' } },
  moderate_comments: {
    body: { ids: ['{{comment}}'] },
    tests: { 'decided': "pm.expect(body.items[0].state).to.equal('published')" },
  },
  list_comments: { tests: { 'has the new comment': hasId('items', 'comment') } },
  delete_comment: { throwaway: { body: 'This was meant for another page.' } },
  restore_comment: { throwaway: { body: 'This was deleted by mistake.' }, first: ['DELETE'] },
  count_comments: { query: { article: '{{article}}' } },
  read_disclaimer_version: { path: { version: '1' } },
  preview_rule: { body: { applies_to: { all: true } } },
  read_problem: { path: { code: 'slug_taken' } },
};

// The last folder: the request of an operation with something wrong in it, and what answers it.
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
];

const TESTS_OF_EVERY_ANSWER = `
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

const file = process.argv[2];
const tools = process.env.NODE_TOOLS;
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

const operations = readOperations(await convert());
const creators = findCreators();
const known = new Map(); // the variables that the requests so far set, each with what sets it

Object.keys(SCENARIO).forEach(find);
const collection = {
  info: {
    name: api.info.title,
    description: `${api.info.description}\n\nSet the variables \`baseUrl\` and \`key\`, then run the \
collection. Single requests work too: those that create something set the variables of the others.`,
    schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
  },
  auth: bearer('{{key}}'),
  event: [script('test', TESTS_OF_EVERY_ANSWER)],
  item: [
    ...api.tags.toSorted((a, b) => FIRST.includes(b.name) - FIRST.includes(a.name)).map(folder),
    {
      name: 'refusals',
      description: 'What the server refuses, and how it says so. Run the other folders first.',
      item: REFUSALS.map(refusal),
    },
  ],
  variable: [
    ...VARIABLES,
    ...Array.from(known, ([key, by]) => ({ key, value: '', description: `Set by "${by}".` })),
  ],
};
process.stdout.write(`${JSON.stringify(collection, tidy, 2)}\n`);

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
        // Where a key may be left out it is: the answer shows what the public sees.
        key: open ? null : undefined,
        types: Object.keys(content),
        schema: content['application/json']?.schema,
        request: requests.get(where) ?? stop(`the converter leaves out ${where}.`),
      };
    }),
  );
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
  const exec = testScript(status, schema, tests);
  for (const [key, member] of Object.entries(sets)) {
    exec.push(`pm.collectionVariables.set('${key}', body.${member});`);
    known.set(key, request.name);
  }
  return item(request.name, request.description, operation, prepared, exec);
}

function refusal([name, id, status, code, prepared]) {
  const tests = { [`is ${code}`]: `pm.expect(body.code).to.equal('${code}')`, ...prepared.tests };
  const about = `\`/problems/${code}\` explains it.`;
  return item(`${name}: ${status} ${code}`, about, find(id), prepared, testScript(status, true, tests));
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

function item(name, description, operation, prepared, exec) {
  const { url, header = [], body, method } = operation.request;
  const { key } = { ...operation, ...prepared };
  return {
    name,
    event: [...throwawayScript(operation, prepared), script('test', exec.join('\n'))],
    request: {
      method: prepared.method ?? method,
      description,
      auth: key === null ? { type: 'noauth' } : key && bearer(key),
      url: {
        host: url.host,
        path: prepared.route ?? url.path,
        query: overlay(
          url.query.map((one) => ({ ...one, value: sample(operation, one.key) })), prepared.query),
        variable: url.variable.map(({ key, description }) =>
          ({ key, value: pathValue(operation, prepared, key), description })),
      },
      header: overlay(
        header.filter(({ key }) => key !== 'Accept')
          .map((one) => ({ ...one, value: one.key.startsWith('If-') ? '{{etag}}' : one.value })),
        prepared.headers),
      body: body.raw && { ...body, raw: bodyText(body, prepared.body) },
    },
  };
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
  const { id, path, request } = creators.get(target(operation) ?? 'article');
  const url = path.replace(/\{(.+?)\}/g, (_, name) => `{{${variable(name)}}}`);
  const body = bodyText(request.body, { ...SCENARIO[id]?.body, ...changes });
  return [script('prerequest', `
pm.sendRequest({
  method: 'POST',
  url: pm.variables.replaceIn('{{baseUrl}}${url}'),
  header: {
    'Authorization': pm.variables.replaceIn('Bearer {{key}}'),
    'Content-Type': 'application/json',
  },
  body: pm.variables.replaceIn(JSON.stringify(${body.replaceAll('\n', '\n  ')})),
}, (error, response) => {
  pm.collectionVariables.set('throwaway', response.json().id);${firstScript(operation, prepared.first)}
});`)];
}

// A second request of the same script, on what the first one made.
function firstScript(operation, first) {
  if (!first) return '';
  const [url] = operation.path.split(`/{${target(operation)}}`);
  const [action, body] = first;
  const [method, rest] = action === 'DELETE' ? ['DELETE', ''] : ['POST', `/${action}`];
  return `
  pm.sendRequest({
    method: '${method}',
    url: pm.variables.replaceIn('{{baseUrl}}${url}/{{throwaway}}${rest}'),
    header: {
      'Authorization': pm.variables.replaceIn('Bearer {{key}}'),
      'Content-Type': 'application/json',
    },
    body: ${body ? `'${JSON.stringify(body)}'` : 'undefined'},
  }, () => {});`;
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

// A test that the answer's list has the thing that the variable names.
function hasId(list, name) {
  return `pm.expect(body.${list}.map((one) => one.id)).to.include(pm.variables.get('${name}'))`;
}

// Leaves out what says nothing.
function tidy(key, value) {
  if ((key === 'disabled' && !value) || (Array.isArray(value) && !value.length)) return undefined;
  return value?.type === 'text/plain' ? value.content : value;
}

function stop(sentence) {
  console.error(`collection.mjs: ${sentence}`);
  process.exit(1);
}
