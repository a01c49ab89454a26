/** @file Does a line name a speaker? If not: which words are in it, is it a question, does it end a sentence, who speaks? */
import {
  along,
  binary,
  classification,
  maskedLanguageModel,
  maskedMean,
  Project,
  type Tokenizer,
  text,
  tokenMask,
  transformerEncoder,
} from 'headgate';

/** Tokens of a line. */
export const longest = 32;

/** @param speakers those who are told from each other; lines of others have no such label */
export const declareShakespeare = (tokenizer: Tokenizer, speakers: readonly string[], seed = 0) =>
  new Project({
    name: 'shakespeare',
    seed,
    inputs: { text: text({ tokenizer, length: longest }) },
    tasks: {
      isName: binary(),
      isQuestion: binary(),
      endsSentence: binary(),
      speaker: classification({ classes: speakers }),
      word: along('token', maskedLanguageModel({ tokenizer })),
    },
    backbone: ({ text }) => {
      const mask = tokenMask().apply(text);
      const encoder = transformerEncoder({ vocabulary: tokenizer.size, layers: 2, width: 64, heads: 4 });
      const tokens = encoder.apply([text, mask]);
      return { tokens, line: maskedMean().apply([tokens, mask]) };
    },
  })
    .flow('speech', (task, x) => [
      task.word(x.tokens),
      task.isQuestion(x.line),
      task.endsSentence(x.line),
      task.speaker(x.line),
    ])
    .flow('line', (task, x) => {
      const name = task.isName(x.line);
      return [name, task.speech(x).given(name.not())];
    });
