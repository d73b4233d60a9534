/** Text and tables of a step stand in from its number by so many characters. */
export const stepIndent = 3;
