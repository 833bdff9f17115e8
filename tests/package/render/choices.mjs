// SPDX-License-Identifier: Apache-2.0
// Values for variables: what nobody would leave out, all different from the defaults, and text that tries to break out.

/** Values other than the defaults. A variable that is new in the package needs one here, by its name. */
const OTHER = {
  url: 'http://127.0.0.1:9',
  admin_api_key: 'sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz',
  oauth_token: 'oat.CANARY-0123456789abcdefghijklmnopqrstuvwxyz',
  enterprise_api_key: 'sk-ant-api01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz',
  // The default: bearer would make the key a second OAuth token beside the other.
  authentication: 'api_key',
  anthropic_version: '2023-01-01',
  proxy_url: 'http://someone:pass%20word@127.0.0.1:9',
  ssl: 'supported_protocols: [TLSv1.3]\n',
  tags: ['forwarded', 'finance'],
  processors: '- add_tags:\n    tags: [shipped]\n',
  paths: ['/srv/one/*.ndjson', '/srv/two/*.ndjson'],
  documents_path: "/srv/it's ours",
  state_path: '$' + '{path.data}/second',
  write_to: 'elasticsearch',
  look_back: '- depth: 48h\n  every: 0s\n',
  backfill_from: '2026-01-01',
  interval: '7m',
  initial_interval: '72h',
  settle: '2h',
  http_client_timeout: '90s',
  personal_data: 'hashed',
};
const BY_PLACE = {
  'data_stream/usage': { group_by: ['api_key_id', 'model'], bucket_width: '1d' },
  'data_stream/analytics_cost': { group_by: ['cost_type', 'model'], bucket_width: '1h' },
  'data_stream/analytics_usage': { group_by: ['model', 'product'], bucket_width: '1d' },
  'data_stream/cost': { group_by: ['description'] },
};

/** Nothing but what has no default and must be given. One of three credentials must: no form can ask for that. */
export function defaults(definition) {
  const needed = definition.required || definition.name === 'admin_api_key';
  return needed && definition.default === undefined ? OTHER[definition.name] : undefined;
}

/** The same with every credential: some streams are opened by one alone. */
export function opening(definition) {
  return definition.secret && definition.name in OTHER && definition.name !== 'proxy_url' ? OTHER[definition.name] : defaults(definition);
}

export function other(definition, place) {
  if (definition.type === 'bool') {
    return !definition.default;
  }
  const local = Object.entries(BY_PLACE).find(([folder, known]) => place.startsWith(folder) && definition.name in known);
  const value = local ? local[1][definition.name] : OTHER[definition.name];
  if (value === undefined) {
    throw new Error(`${place}: no value for variable ${definition.name}; add one to tests/package/render/choices.mjs`);
  }
  return value;
}

export function emptied(definition, place) {
  return definition.multi ? [] : defaults(definition, place);
}

/** Text that is also YAML, or Handlebars, or a policy's variable. None may come out as anything but itself. */
export const HOSTILE = [
  "it's", "''", 'say "hi"', 'one " only', 'key: value', '- item', '# no comment', 'a #b', ' leading', 'trailing ',
  '{a: b}', '[1, 2]', '*alias', '&anchor', '!tag', '%percent', '@at', '`tick`', '|', '>', '?', '~', 'null', 'yes',
  'off', '0123', '1e3', '2026-01-01', '12:30', '0x1f', '.inf', '{{url}}', '{{/if}}', '##tags##', 'back\\slash',
  'C:\\new', 'tab\tbed', 'two\nlines', 'three\n\nlines', 'line\n  indented', 'caf\u00e9', '\u4e2d\u6587',
  '\ud83d\ude80', '\u00a0', '$' + '{HOME', '---', '...',
];

/** What people put into YAML variables: processors with conditions, and flow style. */
export const YAML = [
  '- drop_event:\n    when:\n      equals:\n        a: "b: c"\n- add_tags:\n    tags: ["one # two", "it\'s"]\n',
  '[{add_tags: {tags: [one]}}]\n',
];
