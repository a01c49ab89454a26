/**
 * @file The network's parameters as people, files and optimizer groups name them. The step keeps the heads of a feature
 * as one tensor: that is layout. Here each task has a kernel and a bias of its own.
 */
import type { DataType, HostTensor, HostTensors } from '../engine/engine.js';
import { didYouMean, HeadgateError } from '../errors.js';
import type { Layout } from '../tasks/layout.js';
import { tf } from '../tf.js';
import { assign } from './binding.js';
import type { FusedHead } from './heads.js';
import { type HeldTensor, ownersOf, type Role } from './tensors.js';

export interface Parameter {
  /** `backbone/stem/kernel`, `head/person.faceX1/kernel`: what files, groups and users name. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly role: Role;
  /** Paths of the tasks that it serves, in flow order. */
  readonly owners: readonly string[];
  /** Where the step keeps it. Without `columns` it is the whole tensor, else these of the last axis. */
  readonly lies: { readonly tensor: string; readonly columns?: readonly [start: number, count: number] };
}

export interface ParameterStore {
  readonly parameters: readonly Parameter[];
  /** The values that the layers hold now, by parameter; copies. */
  readonly read: () => HostTensors;
  /** The same of what was read from the network before, by the names of its tensors. */
  readonly split: (values: HostTensors) => HostTensors;
  /**
   * The way back: the network's tensors with these parameters in them. Nothing is written to the layers.
   *
   * @param onto by the names of its tensors: of what is not named
   * @throws HeadgateError `UNKNOWN_PARAMETER`, `PARAMETER_MISMATCH`
   */
  readonly join: (values: HostTensors, onto: HostTensors) => HostTensors;
  /**
   * Gives layers these values; parameters that are not named keep theirs. All are checked before the first is written.
   *
   * @throws HeadgateError `UNKNOWN_PARAMETER`, `PARAMETER_MISMATCH` for another shape or type, `DISPOSED`
   */
  readonly write: (values: HostTensors) => void;
  /**
   * A number that is another one after each change of a value, also through `project.model` or a pretrained model's own
   * methods: what was made from the values is still good while it stays.
   */
  readonly version: () => number;
}

/** The backbone's tensors as they are, the heads' task by task. */
export function parametersOf(
  trunk: readonly HeldTensor[],
  heads: readonly FusedHead[],
  layout: Layout,
): readonly Parameter[] {
  const whole = trunk.map(({ name, shape, dtype, role, owners }): Parameter => {
    const paths = ownersOf(owners).map((index) => pathAt(layout, index));
    return { name, shape, dtype, role, owners: paths, lies: { tensor: name } };
  });
  const columns = heads.flatMap(({ tensors, tasks }) =>
    tasks.flatMap(({ slot: { task }, start, units }) =>
      tensors.map(
        ({ name, shape, dtype, role }): Parameter => ({
          name: `head/${task.path}/${role}`,
          shape: [...shape.slice(0, -1), units],
          dtype,
          role,
          owners: [task.path],
          lies: { tensor: name, columns: [start, units] },
        }),
      ),
    ),
  );
  return [...whole, ...columns];
}

function pathAt(layout: Layout, index: number): string {
  const slot = layout.slots[index];
  if (slot === undefined) throw new Error(`the layout has no task ${index}`);
  return slot.task.path;
}

export function createStore(tensors: readonly HeldTensor[], parameters: readonly Parameter[]): ParameterStore {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const tensorOf = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const seen = new Map<HeldTensor, object>();
  let version = 0;
  const checkedValues = (values: HostTensors) =>
    Object.entries(values).map(([name, value]) => {
      const parameter = byName.get(name) ?? unknownParameter(name, byName.keys());
      checkFits(parameter, value);
      return { parameter, value };
    });
  const split = (values: HostTensors): HostTensors =>
    Object.fromEntries(parameters.map((parameter) => [parameter.name, cut(parameter, heldBy(values, parameter))]));
  return {
    parameters,
    read: () => split(readTensors(tensors)),
    split,
    join: (values, onto) => {
      const given = checkedValues(values);
      const next: Record<string, HostTensor> = { ...onto };
      const touched = new Set(given.map(({ parameter }) => parameter.lies.tensor));
      for (const name of touched) next[name] = copied(onto, name);
      for (const { parameter, value } of given) {
        next[parameter.lies.tensor] = pasted(parameter, value, heldBy(next, parameter));
      }
      return next;
    },
    write: (values) => {
      const given = checkedValues(values);
      const touched = new Set(given.map(({ parameter }) => parameter.lies.tensor));
      const next = readTensors(tensors.filter(({ name }) => touched.has(name)));
      for (const { parameter, value } of given) {
        next[parameter.lies.tensor] = pasted(parameter, value, heldBy(next, parameter));
      }
      writeTensors(tensorOf, next);
    },
    version: () => {
      for (const tensor of tensors) {
        const { dataId } = valueIn(tensor); // tfjs makes a new one at each assignment
        if (seen.has(tensor) && seen.get(tensor) !== dataId) version++;
        seen.set(tensor, dataId);
      }
      return version;
    },
  };
}

/** What the layers hold, by the names of the step's state; copies. */
export function readTensors(tensors: readonly HeldTensor[]): Record<string, HostTensor> {
  return Object.fromEntries(
    tensors.map((tensor): [string, HostTensor] => {
      const value = valueIn(tensor);
      // A copy: on the cpu backend `dataSync` gives the layer's own memory.
      return [tensor.name, { shape: value.shape, dtype: tensor.dtype, data: value.dataSync<DataType>().slice() }];
    }),
  );
}

/** Checks all, then writes all. Exactly these values: a layer's constraint is not applied once more. */
export function writeTensors(tensors: ReadonlyMap<string, HeldTensor>, values: HostTensors): void {
  const given = Object.entries(values).map(([name, value]) => {
    const tensor = tensors.get(name) ?? unknownParameter(name, tensors.keys());
    checkFits(tensor, value);
    valueIn(tensor); // or it could fail half-way
    return { variable: tensor.variable, value };
  });
  for (const { variable, value } of given) {
    tf.tidy(() => assign(variable, tf.tensor(value.data, [...value.shape], value.dtype)));
  }
}

/** @throws HeadgateError `DISPOSED` */
export function valueIn({ name, variable }: Pick<HeldTensor, 'name' | 'variable'>): tf.Tensor {
  try {
    return variable.read();
  } catch (cause) {
    throw new HeadgateError(
      {
        code: 'DISPOSED',
        path: name,
        problem: 'the layer that holds this parameter was disposed of',
        mend: 'Keep a pretrained model for as long as a project uses it.',
      },
      { cause },
    );
  }
}

function heldBy(values: HostTensors, { lies, name }: Parameter): HostTensor {
  const value = values[lies.tensor];
  if (value === undefined) throw new Error(`${name} lies in ${lies.tensor}, which is not there`);
  return value;
}

function copied(values: HostTensors, name: string): HostTensor {
  const value = values[name];
  if (value === undefined) throw new Error(`there is no tensor ${name}`);
  return { ...value, data: value.data.slice() };
}

/** The parameter's part of its tensor. */
function cut({ shape, lies }: Parameter, tensor: HostTensor): HostTensor {
  if (lies.columns === undefined) return tensor;
  const [start, count] = lies.columns;
  const width = Number(tensor.shape.at(-1));
  const data = tensor.data.slice(0, (tensor.data.length / width) * count);
  for (let row = 0; row * count < data.length; row++) {
    data.set(tensor.data.subarray(row * width + start, row * width + start + count), row * count);
  }
  return { ...tensor, shape, data } as HostTensor; // the array type is the same
}

/** The tensor with the parameter's part replaced. */
function pasted({ lies }: Parameter, value: HostTensor, tensor: HostTensor): HostTensor {
  if (lies.columns === undefined) return value;
  const [start, count] = lies.columns;
  const width = Number(tensor.shape.at(-1));
  for (let row = 0; row * count < value.data.length; row++) {
    tensor.data.set(value.data.subarray(row * count, (row + 1) * count), row * width + start);
  }
  return tensor;
}

function checkFits({ name, shape, dtype }: Pick<Parameter, 'name' | 'shape' | 'dtype'>, value: HostTensor): void {
  const size = shape.reduce((product, length) => product * length, 1);
  if (value.dtype === dtype && String(value.shape) === String(shape) && value.data.length === size) return;
  throw new HeadgateError({
    code: 'PARAMETER_MISMATCH',
    path: name,
    problem: 'this value does not fit the parameter; nothing was written',
    expected: `${dtype} [${shape.join(', ')}]`,
    received: `${value.dtype} [${value.shape.join(', ')}] with ${value.data.length} elements`,
  });
}

function unknownParameter(name: string, known: Iterable<string>): never {
  const names = [...known];
  throw new HeadgateError({
    code: 'UNKNOWN_PARAMETER',
    path: name,
    problem: 'the network has no such parameter; nothing was written',
    expected: `one of ${names.join(', ')}`,
    received: name,
    suggestion: didYouMean(name, names),
  });
}
