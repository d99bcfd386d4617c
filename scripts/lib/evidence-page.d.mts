export function evidencePages(measured: object[], missing: string[]): { page: string; scores: string };
