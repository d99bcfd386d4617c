"""One table of a report, printed last."""


def print_table(report):
    machine = next((step for step in report["steps"] if step["step"] == "machine"), {})
    print(f"\n{machine.get('gpu', 'no GPU')}, torch {machine.get('torch')}, CUDA {machine.get('cuda')}, commit {report['commit']}")
    for step in report["steps"]:
        reason = f"  {step['reason']}" if "reason" in step else f"  {step['error']}" if "error" in step else ""
        print(f"  {step['step']:<36} {step['status'].upper() if step['status'] in ('failed', 'hung', 'cut') else step['status']:<8}{reason}")
    rows = [row for step in report["steps"] for row in step.get("rows", []) if "ms" in row and "shape" in row and row.get("bench") != "floor"]
    if rows:
        print(f"\n  {'what':<34} {'shape':<6} {'L':>7} {'ms':>10} {'to floor':>9} {'Mtok/s':>8} {'peak MB':>8}")
    for row in rows:
        to_floor = f"{row['to_floor']:>9.2f}" if "to_floor" in row else f"{'':>9}"
        peak = f"{row['peak_mb']:>8.0f}" if "peak_mb" in row else f"{'':>8}"
        name = row.get("bench") or row.get("decoder")
        figures = f"{row['ms']:>10.2f} {to_floor} {row['tokens_a_second'] / 1e6:>8.3f} {peak}"
        print(f"  {name:<34} {row['shape']:<6} {row['length']:>7} {figures}")
    verdict = "ALL PASSED" if report["passed"] else "FAILED" if report["complete"] else "INCOMPLETE"
    print(f"\n  {verdict}")
