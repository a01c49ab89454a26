/** @file `headgate/tfjs`: the compiled engine as a backend of TensorFlow.js, for programs without a project. */
export { registerOnnxBackend } from '../engine/onnx/lazy/register.js';
