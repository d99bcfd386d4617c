export const FULL: { name: string; title: string }[];
