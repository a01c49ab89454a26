import { expect, test } from 'vitest';
import { binary, type HeadgateError, Project, regression, vector } from '../../src/index.js';
import { layoutOf } from '../../src/tasks/layout.js';
import type { Validation } from '../../src/train/history.js';
import { lossMonitor, type MonitoredMetric, metricMonitor } from '../../src/train/monitor.js';

const layout = layoutOf(
  new Project({
    name: 'monitored',
    inputs: { x: vector({ size: 1 }) },
    tasks: { open: binary(), age: regression({ weight: 3 }) },
  }).flow('full', (task, x) => {
    const open = task.open(x.features);
    return [open, task.age(x.features).given(open)];
  }).resolved,
);

const validation = (given: Partial<Validation>): { readonly validation: Validation } => ({
  validation: { loss: -1, tasks: { open: 0.5, age: 2 }, metrics: { open: {}, age: {} }, ...given },
});

test('the loss is the sum of the tasks by their declared weights, whatever the epoch weighed', () => {
  const { read, direction, name, needs } = lossMonitor(layout);
  expect([name, direction, needs]).toEqual(['validation loss', 'minimise', null]);
  expect(read(validation({}))).toBe(6.5);
  expect(read(validation({ tasks: { open: 0.5, age: null } }))).toBe(0.5);
  expect(read(validation({ tasks: { open: null, age: null } }))).toBeNull();
  expect(read({ validation: null })).toBeNull();
  expect(() => read(validation({ tasks: { open: 1 } }))).toThrow('age');
});

test.each([
  [{ task: 'open', metric: 'accuracy' }, 'open.accuracy (given_truth)', 'maximise', 1],
  [{ task: 'open', metric: 'roc_auc', view: 'given_truth' }, 'open.roc_auc (given_truth)', 'maximise', null],
  [{ task: 'age', metric: 'mean_absolute_error' }, 'age.mean_absolute_error (given_truth)', 'minimise', 2],
  [{ task: 'age', metric: 'r2', view: 'end_to_end' }, 'age.r2 (end_to_end)', 'maximise', 3],
  [{ task: 'age', metric: 'gate_recall', view: 'end_to_end' }, 'age.gate_recall (end_to_end)', 'maximise', 4],
] as const)('%j is %s', (given, name, direction, value) => {
  const monitor = metricMonitor(layout, given, 'fit.monitor');
  const { view = 'given_truth' } = given as MonitoredMetric; // not each row names one
  expect(monitor).toMatchObject({ name, direction, needs: { task: given.task, view } });
  const measured = validation({
    metrics: { open: { accuracy: 1, roc_auc: null }, age: { mean_absolute_error: 2, r2: -1 } },
    endToEnd: { open: {}, age: { r2: 3, gate_recall: 4 } },
  });
  expect(monitor.read(measured)).toBe(value);
  expect(monitor.read({ validation: null })).toBeNull();
  expect(() => monitor.read(validation({}))).toThrow(given.task);
});

test.each([
  [{ task: 'opn', metric: 'accuracy' }, 'UNKNOWN_TASK', 'fit.monitor.task', 'open'],
  [{ task: 'open', metric: 'acuracy' }, 'UNKNOWN_METRIC', 'fit.monitor.metric', 'accuracy'],
  [{ task: 'age', metric: 'accuracy' }, 'UNKNOWN_METRIC', 'fit.monitor.metric', undefined],
  [{ task: 'open', metric: 'gate_recall', view: 'end_to_end' }, 'UNKNOWN_METRIC', 'fit.monitor.metric', undefined],
  [{ task: 'age', metric: 'gate_recal', view: 'end_to_end' }, 'UNKNOWN_METRIC', 'fit.monitor.metric', 'gate_recall'],
  [{ task: 'age', metric: 'gate_recall' }, 'UNKNOWN_METRIC', 'fit.monitor.metric', undefined],
] as const)('%j is refused', (given, code, path, suggestion) => {
  const refusal = (): HeadgateError | null => {
    try {
      metricMonitor(layout, given, 'fit.monitor');
      return null;
    } catch (error) {
      return error as HeadgateError; // the fields are compared
    }
  };
  const error = refusal();
  expect([error?.code, error?.path, error?.suggestion]).toEqual([code, path, suggestion]);
});

test('a metric of a gate given the truth: the refusal says in which view it is', () => {
  expect(() => metricMonitor(layout, { task: 'age', metric: 'gate_recall' }, 'fit.monitor')).toThrow(
    "Say `view: 'end_to_end'`.",
  );
});
