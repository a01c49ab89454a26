/** @file What a project without a backbone makes of texts and of ids. */
import { expect, test } from 'vitest';
import { binary, category, defineColumn, number, Project, text, trainTokenizer } from '../../src/index.js';
import { refusal } from '../support/columns.js';

const words = { good: ['fine', 'lovely', 'great', 'splendid'], bad: ['awful', 'poor', 'sad', 'broken'] };
const rows = Array.from({ length: 300 }, (_, i) => {
  const isDenied = i % 3 === 0;
  const isGood = i % 2 === 0;
  const word = words[isGood ? 'good' : 'bad'][(i * 7) % 4];
  const thing = ['tea', 'coat', 'lamp', 'boat', 'song'][i % 5];
  return {
    review: i % 50 === 49 ? null : `the ${thing} was ${isDenied ? 'not ' : ''}${word}`,
    port: `p${i % 9}`,
    age: i % 7 === 0 ? null : (i * 13) % 40,
    likes: isGood !== isDenied,
    even: (i % 9) % 2 === 0,
  };
});
const [train, heldOut] = [rows.slice(0, 200), rows.slice(200)];

test('a text is read by an encoder, an index by an embedding, beside numbers: what "not" turns is learnt', async () => {
  const tokenizer = trainTokenizer(
    train.map(({ review }) => review),
    { kind: 'words' },
  );
  const project = new Project({
    name: 'reviews',
    inputs: { review: text({ tokenizer, length: 12 }), port: category({ most: 9, as: 'index' }), age: number() },
    tasks: { likes: binary(), even: binary() },
    onNote: () => {},
  }).flow('all', (task, x) => [task.likes(x.features), task.even(x.features)]);
  await project.fit(train, { epochs: 30, progress: false });
  const evaluation = await project.evaluate(heldOut.filter(({ review }) => review !== null));
  expect(evaluation.value('likes', 'accuracy')).toBeGreaterThan(0.95);
  expect(evaluation.value('even', 'roc_auc')).toBeGreaterThan(0.9);
  const names = Object.keys(project.weights());
  expect(names.filter((name) => name.endsWith('tokens/embeddings'))).toEqual([
    'backbone/encoder_review/tokens/embeddings',
  ]);
  expect((await project.predict([{ review: null, port: 'p1', age: 3 }])).length).toBe(1);
}, 60_000);

test('a kind from outside whose numbers are no amounts must say what they are', () => {
  const kind = {
    kind: 'test/ids',
    options: {},
    width: 1,
    isAlone: true,
    encoder: () => ({ places: [''], says: '', encode: () => 'present' as const }),
  };
  const declare = (input: ReturnType<typeof defineColumn>) =>
    new Project({ name: 'p', inputs: { x: input }, tasks: { a: binary() }, onNote: () => {} });
  expect(refusal(() => declare(defineColumn(kind)))).toMatchObject({
    code: 'INVALID_OPTIONS',
    path: 'Project.backbone',
  });
  for (const ids of [{ count: 0, padding: null }, { count: 3, padding: 3 }, { count: 3 }, 5]) {
    const wrong = { ...kind, ids: ids as { count: number; padding: null } }; // untyped code
    expect(refusal(() => defineColumn(wrong)).code).toBe('INVALID_KIND');
  }
  expect(() => declare(defineColumn({ ...kind, ids: { count: 3, padding: null } }))).not.toThrow();
});
