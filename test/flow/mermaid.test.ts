import { expect, test } from 'vitest';
import { camera } from '../../flows/security-camera/project.js';
import { and, binary, classification, Project, vector } from '../../src/index.js';

// Both texts were read by Mermaid's own parser (mermaid 11) when they were written down here.

test('the security camera as a flowchart', () => {
  expect(camera.toMermaid()).toBe(
    `
flowchart LR
  n0["cameraBlocked<br/><small>binary</small>"]
  n1["doorOpen<br/><small>binary</small>"]
  n2["doorLocked<br/><small>binary</small>"]
  n3["personPresent<br/><small>binary</small>"]
  subgraph n4["personRegression"]
    subgraph n5["faceRegression"]
      n6["faceX1<br/><small>boundedRegression</small>"]
      n7["faceY1<br/><small>boundedRegression</small>"]
      n8["faceWidth<br/><small>boundedRegression</small>"]
      n9["faceHeight<br/><small>boundedRegression</small>"]
      n10["facialCharacteristics<br/><small>multilabel</small>"]
    end
    subgraph n11["bodyRegression"]
      n12["bodyX1<br/><small>boundedRegression</small>"]
      n13["bodyY1<br/><small>boundedRegression</small>"]
      n14["bodyWidth<br/><small>boundedRegression</small>"]
      n15["bodyHeight<br/><small>boundedRegression</small>"]
      n16["shirtType<br/><small>classification</small>"]
    end
  end
  n0 -->|"not cameraBlocked"| n1
  n1 -->|"not doorOpen"| n2
  n1 --> n3
  n3 --> n4
`.trim(),
  );
});

test('several questions, names that are words of Mermaid, and characters that it reads', () => {
  const project = new Project({
    name: 'p',
    inputs: { row: vector({ size: 1 }) },
    tasks: { end: binary(), shirt: classification({ classes: ['a "b" <c>', '#35; & d'] }), graph: binary() },
    backbone: ({ row }) => ({ features: row }),
  }).flow('full', (task, x) => {
    const end = task.end(x.features);
    const shirt = task.shirt(x.features);
    return [end, shirt, task.graph(x.features).given(and(end, shirt.in(['a "b" <c>', '#35; & d'])))];
  });
  expect(project.toMermaid()).toBe(
    `
flowchart LR
  n0["end<br/><small>binary</small>"]
  n1["shirt<br/><small>classification</small>"]
  n2["graph<br/><small>binary</small>"]
  n0 -->|"end and shirt.in([#quot;a \\#quot;b\\#quot; #lt;c#gt;#quot;,#quot;#35;35; #amp; d#quot;])"| n2
  n1 --> n2
`.trim(),
  );
});
