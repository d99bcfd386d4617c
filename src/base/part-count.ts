/** More parts than this no run has: the planner makes larger parts instead, and what names more is damaged. */
export const MAX_PARTS = 65_536;
