# Sources of the attention bench, relative to this folder.
set(LONGATTN_BENCH_SOURCES
  attention_bench.cpp
  memory_peak.cpp
  peers_torch.cpp
  random_window.cpp
  row.cpp)
