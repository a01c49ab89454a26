import { describeEngine } from './parity.js';

await describeEngine('onnx');
await describeEngine('cpu');
await describeEngine('wasm');
await describeEngine('tensorflow', { optional: true });
await describeEngine('webgpu', { optional: true });
