/** @file Who survived? If so, in a lifeboat? If not, was the body recovered? And how old was the passenger? */
import { binary, boundedRegression, category, columns, number, Project } from 'headgate';

/** @param seed of the initial weights */
export const declareTitanic = (seed = 0) =>
  new Project({
    name: 'titanic',
    seed,
    inputs: {
      // As `suggest` proposed them of titanic3.csv; boat and body are not known when one asks who will survive.
      passenger: columns({
        pclass: category({ values: [1, 2, 3] }),
        sex: category({ values: ['female', 'male'] }),
        sibsp: number(),
        parch: number(),
        fare: number({ scale: 'quantiles' }), // 1 of 1309 missing
        embarked: category({ values: ['C', 'Q', 'S'] }), // 2 of 1309 missing
        'home.dest': category({ most: 50 }), // 564 of 1309 missing
      }),
    },
    tasks: {
      survived: binary(),
      lifeboat: binary(),
      bodyRecovered: binary(),
      age: boundedRegression({ min: 0, max: 100 }),
    },
  }).flow('passenger', (task, x) => {
    const survived = task.survived(x.features);
    return [
      survived,
      task.lifeboat(x.features).given(survived),
      task.bodyRecovered(x.features).given(survived.not()),
      task.age(x.features),
    ];
  });

export const titanic = declareTitanic();
