/** @file `headgate/decorators`: the class front end. `Project.from(Class, …)` in `headgate` reads what they declare. */
export {
  Flow,
  type Members,
  type NestedFlow,
  nested,
  Root,
  Task,
  type TaskOf,
  type ValueHandle,
} from '../flow/decorators.js';
