/** @file Who survived? If so, in a lifeboat? If not, was the body recovered? And how old was the passenger? */
import { binary, boundedRegression, Project, vector } from 'headgate';
import { columns } from './read.js';

export const titanic = new Project({
  name: 'titanic',
  inputs: { passenger: vector({ columns }) },
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
