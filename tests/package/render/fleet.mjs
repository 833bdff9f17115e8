// SPDX-License-Identifier: Apache-2.0
// What Fleet does with an agent template, as far as a policy shows it: variables with dots become nested ones, YAML
// variables are put in by a placeholder and parsed, five helpers, no HTML escaping, the result parsed as YAML.

import Handlebars from 'handlebars';
import { parse, stringify } from 'yaml';

const engine = Handlebars.create();
engine.registerHelper('contains', function (item, list, options) {
  const found = (Array.isArray(list) || typeof list === 'string') && list.includes(item);
  if (found && options && options.fn) {
    return options.fn(this);
  }
  return found ? true : '';
});
engine.registerHelper('escape_string', (text) => {
  if (!text) {
    return undefined;
  }
  if (!text.includes('\n')) {
    return `'${text.replaceAll("'", "''")}'`;
  }
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
});
engine.registerHelper('escape_multiline_string', (text) =>
  text ? text.replaceAll('\n ', '\n').replaceAll("'", "''").replaceAll('\n', '\\n') : undefined);
engine.registerHelper('to_json', (value) => (typeof value === 'string' ? value : JSON.stringify(value)));
engine.registerHelper('url_encode', (text) => encodeURIComponent(text).replace(
  /[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`));

const placeholder = (name) => `##${name}##`;

/** {name: {type, value}} as the template sees it, and the parsed values of YAML variables by placeholder. */
function inputs(variables) {
  const seen = {};
  const parsed = {};
  for (const [name, { type, value }] of Object.entries(variables)) {
    const parts = name.split('.');
    const last = parts.pop();
    const holder = parts.reduce((level, part) => (level[part] ??= {}), seen);
    if (type === 'yaml') {
      holder[last] = value ? `"${placeholder(name)}"` : null;
      parsed[placeholder(name)] = value ? parse(String(value)) : null;
    } else {
      holder[last] = value;
    }
  }
  return { seen, parsed };
}

/** A YAML variable that begins a line brings its own keys or items. */
function atLineStart(text, parsed) {
  for (const [mark, value] of Object.entries(parsed)) {
    const written = value ? stringify(value, { collectionStyle: 'block', lineWidth: 0 }) : '';
    text = text.replace(new RegExp(`^"${mark}"`, 'gm'), () => written);
  }
  return text.replace(/^(\S[^\n]*:)\s*\n(\[.*\]|\{.*\})\s*$/gm, '$1 $2');
}

function withParsed(value, parsed) {
  if (typeof value === 'string' && value in parsed) {
    return parsed[value];
  }
  if (Array.isArray(value)) {
    return value.map((item) => withParsed(item, parsed));
  }
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withParsed(item, parsed)]));
  }
  return value;
}

/** The object that a template gives for variables {name: {type, value}}. Throws what Handlebars or YAML say. */
export function render(template, variables) {
  const { seen, parsed } = inputs(variables);
  let text = engine.compile(template, { noEscape: true })(seen);
  // Text between double quotes is folded as YAML folds it: a line break goes, further ones are kept as \n.
  text = text.replace(/"(?:[^"\\]|\\.)*"/gs, (quoted) =>
    quoted.replace(/\n+/g, (breaks) => '\\n'.repeat(breaks.length - 1)));
  return withParsed(parse(atLineStart(text, parsed)) ?? {}, parsed);
}
