/**
 * @file `headgate/layers`: the layers that Headgate adds to TensorFlow.js. Importing it registers them, so that plain
 * `tf.loadLayersModel` reads a model that was written by `project.model.save(…)`.
 */
export { UnitSlice, type UnitSliceConfig } from '../model/unit-slice.js';
