/** @file A small model for the tests of saving and loading. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { SavedModel } from '../../src/deploy/model-folder.js';
import type { HostTensor } from '../../src/engine/engine.js';
import type { FlowGraph, TaskNode } from '../../src/flow/graph.js';

const task = (name: string, path: string, more: Partial<TaskNode> = {}): TaskNode => ({
  type: 'task',
  name,
  path,
  kind: 'binary',
  options: {},
  feature: 'features',
  condition: null,
  ...more,
});

export const graph: FlowGraph = {
  format: 'headgate-flow',
  version: 1,
  name: 'door',
  inputs: { frame: { kind: 'vector', shape: [3], scale: 1, columns: null } },
  root: {
    type: 'flow',
    name: 'full',
    path: '',
    condition: null,
    members: [
      task('open', 'open'),
      {
        type: 'flow',
        name: 'person',
        path: 'person',
        condition: { type: 'predicate', path: 'open', predicate: 'isTrue', args: [] },
        members: [
          task('shirt', 'person.shirt', { kind: 'classification', options: { classes: ['red', 'blue'] } }),
          task('traits', 'person.traits', { kind: 'multilabel', options: { classes: ['a', 'b'] } }),
        ],
      },
    ],
  },
};

export function modelOf(value: number): SavedModel {
  const weights: Record<string, HostTensor> = Object.create(null);
  weights['open/kernel'] = { shape: [3, 1], dtype: 'float32', data: Float32Array.of(value, -value, 0.1) };
  weights.steps = { shape: [], dtype: 'int32', data: Int32Array.of(7) };
  const hostile = '__proto__'; // on this object a name as any other
  weights[hostile] = { shape: [2], dtype: 'bool', data: Uint8Array.of(1, 0) };
  return {
    graph,
    weights,
    thresholds: new Map([
      ['open', [0.1 + 0.2]],
      ['person.traits', [0.5, 0.25]],
    ]),
  };
}

const folders: string[] = [];

/** A fresh empty folder, removed after the test file. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-'));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export const namesIn = (folder: string): string[] => readdirSync(folder).sort();
