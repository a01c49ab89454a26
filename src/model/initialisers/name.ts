/** The class by which files call the initialiser of `initializers.values`. */
export const GIVEN_VALUES = 'HeadgateGivenValues';
