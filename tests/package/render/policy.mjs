// SPDX-License-Identifier: Apache-2.0
// A package in source form and values for its variables give the standalone policy that Kibana shows for them.

import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { render } from './fleet.mjs';

export function load(folder) {
  const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
  const manifest = parse(read('manifest.yml'));
  const streams = fs.readdirSync(path.join(folder, 'data_stream')).sort().map((name) => ({
    name, manifest: parse(read(`data_stream/${name}/manifest.yml`)),
  }));
  return { manifest, streams, read };
}

/** {name: {type, value}} of variable definitions; `choose` gives the value, undefined for the default. */
export function values(definitions, choose, place) {
  return Object.fromEntries((definitions ?? []).map((definition) => {
    const chosen = choose(definition, place);
    const value = chosen !== undefined ? chosen : definition.default ?? (definition.multi ? [] : undefined);
    return [definition.name, { type: definition.type, value }];
  }));
}

/** Every template of the package with the variables it sees, tile by tile. */
export function* templates(pack) {
  for (const tile of pack.manifest.policy_templates) {
    for (const input of tile.inputs) {
      const shared = [...(pack.manifest.vars ?? []), ...(tile.vars ?? []), ...(input.vars ?? [])];
      const common = { tile: tile.name, input: input.type, shared };
      for (const name of input.template_paths ?? (input.template_path ? [input.template_path] : [])) {
        const place = `agent/input/${name}`;
        yield { ...common, stream: null, place, template: pack.read(place), own: [] };
      }
      for (const stream of pack.streams) {
        for (const one of stream.manifest.streams.filter((s) => s.input === input.type)) {
          const place = `data_stream/${stream.name}/agent/stream/${one.template_path}`;
          yield { ...common, stream, place, template: pack.read(place), own: one.vars ?? [], enabled: one.enabled };
        }
      }
    }
  }
}

/** The inputs of a tile, all their streams on, as a policy has them. */
function inputs(pack, tile, choose) {
  const { name, version } = pack.manifest;
  const id = '6f2a6a0c-52cf-4a55-9d43-0a1f7a0a6c11';
  const made = new Map(tile.inputs.map(({ type }) => [type, {
    id: `${type}-${tile.name}-${id}`,
    name: `${name}-1`,
    revision: 1,
    type,
    data_stream: { namespace: 'default' },
    use_output: 'default',
    package_policy_id: id,
    streams: [],
    meta: { package: { name, version, policy_template: tile.name } },
  }]));
  for (const one of templates(pack)) {
    if (one.tile !== tile.name) {
      continue;
    }
    const merged = { ...values(one.shared, choose, one.place), ...values(one.own, choose, one.place) };
    const rendered = render(one.template, merged);
    const input = made.get(one.input);
    if (one.stream === null) {
      Object.assign(input, rendered);
      continue;
    }
    const { type, dataset } = one.stream.manifest;
    input.streams.push({ id: `${one.input}-${dataset}-${id}`, data_stream: { type, dataset }, ...rendered });
  }
  return [...made.values()];
}

/** The policy with the inputs of one tile of the package. */
export function policy(pack, tile, choose, output) {
  return {
    id: '0b7f6f54-6c1b-4d4f-8d2e-3a8f5c0d9a77',
    revision: 3,
    outputs: { default: output },
    fleet: { hosts: ['https://fleet.example:8220'] },
    output_permissions: { default: { _elastic_agent_checks: { cluster: ['monitor'] } } },
    agent: { download: { sourceURI: 'https://artifacts.example/downloads/' }, features: {}, logging: { level: 'info' },
      monitoring: { enabled: true, use_output: 'default', namespace: 'default', logs: true, metrics: true, traces: false },
      protection: { enabled: false, uninstall_token_hash: '', signing_key: '' } },
    inputs: inputs(pack, tile, choose),
    secret_references: [],
    signed: { data: 'e30=', signature: '' },
  };
}
