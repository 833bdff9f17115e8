// SPDX-License-Identifier: Apache-2.0
// node render.mjs <package in source form> [policies]: prints, as JSON, the policies for several sets of values, as objects and as
// the YAML that Kibana would show, and, unless policies are all that is wanted, every text that did not come out of a template
// as it went in.

import { parse, stringify } from 'yaml';
import { HOSTILE, YAML, defaults, emptied, opening, other } from './choices.mjs';
import { render } from './fleet.mjs';
import { load, policy, templates, values } from './policy.mjs';

const pack = load(process.argv[2]);
const SETS = { defaults, other, emptied };
// Variables that name a folder, and what the template of files puts between it and their names.
const FOLDERS = { state_path: '/documents/metrics-', documents_path: '/metrics-' };
const FREE = new Set(['text', 'textarea', 'password', 'url', 'email', 'select', 'duration', 'time_zone']);

// The host writes files; the test puts its scratch folder where this path stands.
const output = { type: 'file', path: '/documents-of-the-test' };
const policies = [];

function add(tile, set, choose, more = {}) {
  const made = policy(pack, tile, choose, output);
  policies.push({ tile: tile.name, set, policy: made, text: stringify(made), ...more });
}

for (const tile of pack.manifest.policy_templates) {
  for (const [set, choose] of Object.entries(SETS)) {
    add(tile, set, choose);
  }
  // Fleet folds lines between double quotes, wherever they are: two quotes that are never closed, in two tags, would
  // swallow what is between them. That is Fleet's; here each tag closes what it opens.
  // And an Agent substitutes ${...}, here as anywhere.
  // The host collects these from a simulated organization, so every stream is opened.
  const tags = HOSTILE.filter((text) => text.split('"').length % 2 === 1 && !text.includes('$' + '{'));
  const hostile = (definition) => (definition.name === 'tags' ? tags : opening(definition));
  add(tile, 'hostile tags', hostile, { tags });
}

// One variable at a time, so that a quote that is never closed has nothing to swallow but the template itself.
// Settings of the cel input that the form calls otherwise.
const KEYS = { url: 'resource.url', http_client_timeout: 'resource.timeout', proxy_url: 'resource.proxy_url', ssl: 'resource.ssl' };

/** What became of a variable: the key of its name, or, of a folder, what stands before the names of files in it. */
function found(rendered, name, sent) {
  if (!(name in FOLDERS) || name in rendered) {
    return rendered[name] ?? rendered[KEYS[name]] ?? rendered.state?.[name] ?? rendered.secret_state?.[name];
  }
  const [path] = rendered.paths;
  // A line break is no part of a folder's name; it becomes visible there.
  const shown = sent.replaceAll('\n ', '\n').replaceAll('\n', '\\n');
  return path.startsWith(`${shown}${FOLDERS[name]}`) ? sent : path;
}

const findings = [];
let tried = 0;
for (const { place, template, shared, own } of process.argv[3] === 'policies' ? [] : templates(pack)) {
  const all = { ...values(shared, defaults, place), ...values(own, defaults, place) };
  // Of two folders the template takes the tile's own.
  const unused = shared.some(({ name }) => name === 'documents_path') ? 'state_path' : undefined;
  const free = [...shared, ...own].filter((one) => FREE.has(one.type) && template.includes(one.name) && one.name !== unused);
  for (const definition of free) {
    for (const text of HOSTILE) {
      const sent = definition.multi ? [text, 'after'] : text;
      tried += 1;
      let got;
      try {
        got = found(render(template, { ...all, [definition.name]: { type: definition.type, value: sent } }), definition.name, sent);
      } catch (error) {
        got = String(error.message).split('\n')[0];
      }
      if (JSON.stringify(got) !== JSON.stringify(sent)) {
        findings.push(
          `${place}: ${definition.name} was ${JSON.stringify(sent)} and came out as ${JSON.stringify(got)}; quote it`);
      }
    }
  }
  for (const definition of [...shared, ...own].filter((one) => one.type === 'yaml' && template.includes(one.name))) {
    for (const text of YAML) {
      const sent = parse(text);
      tried += 1;
      let got;
      try {
        got = found(render(template, { ...all, [definition.name]: { type: 'yaml', value: text } }), definition.name);
      } catch (error) {
        got = String(error.message).split('\n')[0];
      }
      // A list may be added to one that the template begins.
      const end = Array.isArray(got) && Array.isArray(sent) ? got.slice(-sent.length) : got;
      if (JSON.stringify(end) !== JSON.stringify(sent)) {
        findings.push(`${place}: ${definition.name} was ${JSON.stringify(sent)} and came out as ${JSON.stringify(got)}`);
      }
    }
  }
}
console.log(JSON.stringify({ policies, findings, tried }));
