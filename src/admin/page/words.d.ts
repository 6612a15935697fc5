/** Types of words.js, for the instance. It must not name what that file does not give. */
export declare function age(seconds: number): string;
export declare function count(value: number): string;
export declare function percent(of: number): string;
export declare function reason(name: string): string;
