import { expect, test } from 'vitest';
import { camera } from '../../flows/security-camera/project.js';
import { Flow, nested, Root, Task, type TaskOf } from '../../src/entry/decorators.js';
import {
  and,
  binary,
  boundedRegression,
  classification,
  type Features,
  type HeadgateError,
  multilabel,
  Project,
  vector,
} from '../../src/index.js';
import { Camera as SecurityCamera } from './camera-class.js';

const shirts = ['red', 'blue'] as const;
const traits = multilabel({ classes: ['hat', 'beard'] });
const inputs = { frame: vector({ size: 4 }) };
const options = { name: 'camera', inputs };

class Camera {
  @Task(binary()) cameraBlocked!: TaskOf<boolean>;
  @Task(binary()) doorOpen!: TaskOf<boolean>;
  @Task(binary()) personPresent!: TaskOf<boolean>;
  @Task(boundedRegression({ min: 0, max: 64 })) faceX1!: TaskOf<number>;
  @Task(classification({ classes: shirts })) shirtType!: TaskOf<(typeof shirts)[number]>;
  @Task(traits) traits!: TaskOf<typeof traits>;

  @Flow() person(x: Features<'features' | 'face'>) {
    const faceX1 = this.faceX1(x.face);
    const shirtType = this.shirtType(x.features).given(this.right(faceX1));
    return { faceX1, shirtType };
  }

  @Flow() full(x: Features<'features' | 'face'>) {
    const blocked = this.cameraBlocked(x.features);
    const open = this.doorOpen(x.features).given(blocked.not());
    const present = this.personPresent(x.features).given(open);
    const person = nested(this.person(x)).given(present);
    const detail = this.traits(x.face).given(and(person.shirtType.is('red'), person.faceX1.below(60)));
    return [blocked, open, present, person, detail];
  }

  /** Not a flow: a method that flows may use. */
  right(face: ReturnType<TaskOf<number>>) {
    return face.above(10);
  }
}

const built = new Project({
  ...options,
  tasks: {
    cameraBlocked: binary(),
    doorOpen: binary(),
    personPresent: binary(),
    faceX1: boundedRegression({ min: 0, max: 64 }),
    shirtType: classification({ classes: shirts }),
    traits,
  },
  backbone: ({ frame }) => ({ features: frame, face: frame }),
})
  .flow('person', (task, x) => {
    const faceX1 = task.faceX1(x.face);
    return [faceX1, task.shirtType(x.features).given(faceX1.above(10))];
  })
  .flow('full', (task, x) => {
    const blocked = task.cameraBlocked(x.features);
    const open = task.doorOpen(x.features).given(blocked.not());
    const present = task.personPresent(x.features).given(open);
    const person = task.person(x).given(present);
    const detail = task.traits(x.face).given(and(person.shirtType.is('red'), person.faceX1.below(60)));
    return [blocked, open, present, person, detail];
  });

test('a class declares the very graph of the builder', () => {
  const declared = Project.from(Camera, options);
  expect(declared.graph).toEqual(built.graph);
  expect(JSON.stringify(declared.graph)).toBe(JSON.stringify(built.graph));
  expect(declared.resolved.evaluationOrder.map(({ path }) => path)).toEqual(
    built.resolved.evaluationOrder.map(({ path }) => path),
  );
});

test('a class says what unknown rows do, of a task and of a nested flow, as the builder does', () => {
  class Door {
    @Task(binary()) open!: TaskOf<boolean>;
    @Task(binary()) locked!: TaskOf<boolean>;
    @Task(binary()) left!: TaskOf<boolean>;

    @Flow() lock(x: Features<'features'>) {
      return [this.locked(x.features)];
    }

    @Flow() full(x: Features<'features'>) {
      const open = this.open(x.features);
      const left = this.left(x.features).given(open, { whenUnknown: 'include' });
      return [open, left, nested(this.lock(x)).given(open, { whenUnknown: 'include' })];
    }
  }
  const same = new Project({ ...options, tasks: { open: binary(), locked: binary(), left: binary() } })
    .flow('lock', (task, x) => [task.locked(x.features)])
    .flow('full', (task, x) => {
      const open = task.open(x.features);
      const left = task.left(x.features).given(open, { whenUnknown: 'include' });
      return [open, left, task.lock(x).given(open, { whenUnknown: 'include' })];
    });
  expect(JSON.stringify(Project.from(Door, options).graph)).toBe(JSON.stringify(same.graph));
  expect(same.graph.root.members.map(({ whenUnknown }) => whenUnknown)).toEqual([undefined, 'include', 'include']);
});

test('the last flow is the root, unless @Root marks another or .root names it', () => {
  class Rooted {
    @Task(binary()) a!: TaskOf<boolean>;
    @Task(binary()) b!: TaskOf<boolean>;
    @Root() @Flow() first(x: Features<'features'>) {
      return [this.a(x.features)];
    }
    @Flow() second(x: Features<'features'>) {
      return [this.b(x.features)];
    }
  }
  const project = Project.from(Rooted, options);
  expect(project.resolved.tasks.map(({ path }) => path)).toEqual(['a']);
  expect(project.root('second').resolved.tasks.map(({ path }) => path)).toEqual(['b']);
});

test('a class adds to its base class and leaves it as it was', () => {
  class Base {
    @Task(binary()) a!: TaskOf<boolean>;
    @Flow() full(x: Features<'features'>) {
      return [this.a(x.features)];
    }
  }
  class Derived extends Base {
    @Task(binary()) b!: TaskOf<boolean>;
    override full(x: Features<'features'>) {
      return [this.a(x.features), this.b(x.features)];
    }
  }
  const paths = (declared: typeof Base) => Project.from(declared, options).resolved.tasks.map(({ path }) => path);
  expect(paths(Derived)).toEqual(['a', 'b']);
  expect(paths(Base)).toEqual(['a']);
});

test('the class is never instantiated', () => {
  class Never {
    @Task(binary()) a!: TaskOf<boolean>;
    constructor() {
      throw new Error('instantiated');
    }
    @Flow() full(x: Features<'features'>) {
      return [this.a(x.features)];
    }
  }
  expect(Project.from(Never, options).graph.root.members).toHaveLength(1);
});

function errorOf(run: () => unknown): HeadgateError {
  try {
    run();
  } catch (error) {
    return error as HeadgateError;
  }
  throw new Error('nothing was thrown');
}

test('what is used and not declared is named, with the nearest name', () => {
  class Typo {
    @Task(binary()) doorOpen!: TaskOf<boolean>;
    declare dorOpen: TaskOf<boolean>;
    @Flow() full(x: Features<'features'>) {
      return [this.dorOpen(x.features)];
    }
  }
  const { code, path, suggestion } = errorOf(() => Project.from(Typo, options));
  expect({ code, path, suggestion }).toEqual({ code: 'UNKNOWN_TASK', path: 'full.dorOpen', suggestion: 'doorOpen' });
});

test('a class without tasks, a static task, and members under other names are refused', () => {
  class Empty {}
  expect(errorOf(() => Project.from(Empty, options))).toMatchObject({ code: 'NOT_DECORATED', path: 'Empty' });

  const asStatic = errorOf(() => {
    class Static {
      @Task(binary()) static a: TaskOf<boolean>;
      @Task(binary()) b!: TaskOf<boolean>;
    }
    return Static;
  });
  expect(asStatic).toMatchObject({ code: 'NOT_DECORATED', path: 'a', received: 'a static member' });

  class Renamed {
    @Task(binary()) a!: TaskOf<boolean>;
    @Flow() full(x: Features<'features'>) {
      return { b: this.a(x.features) };
    }
  }
  expect(errorOf(() => Project.from(Renamed, options))).toMatchObject({
    code: 'INVALID_NAME',
    path: 'full.b',
    expected: '"a"',
    received: '"b"',
  });
});

test('a flow is a description: it writes nothing to its class', () => {
  class Writing {
    @Task(binary()) open!: TaskOf<boolean>;
    note = 0;
    @Flow() full(x: Features<'features'>) {
      this.note = 1;
      return [this.open(x.features)];
    }
  }
  expect(() => Project.from(Writing, options)).toThrow(TypeError);
});

test('nested() needs a flow, and a class task needs a kind', () => {
  class Wrong {
    @Task(binary()) a!: TaskOf<boolean>;
    @Flow() full(x: Features<'features'>) {
      return [nested([this.a(x.features)])];
    }
  }
  expect(errorOf(() => Project.from(Wrong, options))).toMatchObject({ code: 'NOT_A_MEMBER', path: 'nested' });

  const bare = { kind: 'bare', options: null, width: 1, predicates: {} };
  class Bare {
    @Task(bare) a!: TaskOf<typeof bare>;
    @Flow() full(x: Features<'features'>) {
      return [this.a(x.features)];
    }
  }
  expect(errorOf(() => Project.from(Bare, options))).toMatchObject({ code: 'NOT_A_TASK', path: 'tasks.a' });
});

test('the security camera as a class is the security camera', () => {
  const declared = Project.from(SecurityCamera, { name: camera.name, inputs: camera.graph.inputs });
  expect(declared.graph).toEqual(camera.graph);
  expect(JSON.stringify(declared.graph)).toBe(JSON.stringify(camera.graph));
});

test('a class without flows, with two roots, or with a root that is no flow', () => {
  class NoFlow {
    @Task(binary()) a!: TaskOf<boolean>;
  }
  expect(errorOf(() => Project.from(NoFlow, options)).message).toBe(
    'NOT_DECORATED at NoFlow: the class declares no flow\n' +
      '  expected: at least one, such as @Flow() full(x) { return [this.doorOpen(…)]; }\n' +
      '  Mark it, and compile with "experimentalDecorators".',
  );
  class Rooted extends NoFlow {
    @Flow() full(x: Features<'features'>) {
      return [this.a(x.features)];
    }
    @Root() helper() {}
  }
  expect(errorOf(() => Project.from(Rooted, options))).toMatchObject({
    code: 'UNKNOWN_FLOW',
    path: 'helper',
    expected: 'one of full',
  });
  const two = () => {
    class Two extends Rooted {
      @Root() first() {}
      @Root() second() {}
    }
    return Two;
  };
  expect(errorOf(two)).toMatchObject({ code: 'DUPLICATE_NAME', received: 'second and first' });
});

test('compiled with the standard decorators, a class says what to set', () => {
  // What a standard decorator is called with: no prototype, but the value and a context.
  const apply = Task(binary()) as unknown as (value: undefined, context: object) => void;
  const error = errorOf(() => apply(undefined, { kind: 'field', name: 'doorOpen' }));
  expect(error).toMatchObject({ code: 'NOT_DECORATED', path: 'doorOpen', received: 'a standard decorator' });
  expect(error.mend).toBe('Set "experimentalDecorators": true in the tsconfig.json that this file is compiled by.');
});
