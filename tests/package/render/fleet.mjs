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
const RESERVED = { '!': '%21', "'": '%27', '(': '%28', ')': '%29', '*': '%2A' };
engine.registerHelper('url_encode', (text) => [...encodeURIComponent(text)].map((one) => RESERVED[one] ?? one).join(''));

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
  return flowBesideKeys(text);
}

/** A value in flow style at the start of a line belongs to the key that ends the line before it. */
function flowBesideKeys(text) {
  const lines = [];
  for (const line of text.split('\n')) {
    const before = lines.at(-1)?.trimEnd() ?? '';
    const flow = line.trimEnd();
    const closed = (flow.startsWith('[') && flow.endsWith(']')) || (flow.startsWith('{') && flow.endsWith('}'));
    if (closed && before.endsWith(':') && before === before.trimStart()) {
      lines[lines.length - 1] = `${before} ${flow}`;
    } else {
      lines.push(line);
    }
  }
  return lines.join('\n');
}

/**
 * Between double quotes a line break goes and further ones are kept as \n, as YAML folds them. Fleet looks for quotes
 * before YAML is read, so those within somebody's text count as well; one that is never closed counts for nothing.
 */
function folded(text) {
  let out = '';
  let rest = 0;
  for (let open = text.indexOf('"'); open >= 0; open = text.indexOf('"', rest)) {
    let close = open + 1;
    while (close < text.length && text[close] !== '"') {
      close += text[close] === '\\' ? 2 : 1;
    }
    if (close >= text.length) {
      break;
    }
    const quoted = text.slice(open, close + 1).replace(/\n+/g, (breaks) => breaks.slice(1).replaceAll('\n', '\\n'));
    out += text.slice(rest, open) + quoted;
    rest = close + 1;
  }
  return out + text.slice(rest);
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

// One template is rendered with thousands of values.
const compiled = new Map();

/** The object that a template gives for variables {name: {type, value}}. Throws what Handlebars or YAML say. */
export function render(template, variables) {
  const { seen, parsed } = inputs(variables);
  if (!compiled.has(template)) {
    compiled.set(template, engine.compile(template, { noEscape: true }));
  }
  const text = folded(compiled.get(template)(seen));
  return withParsed(parse(atLineStart(text, parsed)) ?? {}, parsed);
}
