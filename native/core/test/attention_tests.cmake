# Test programs of the attention kernels: each NAME is NAME.cpp in this folder, links longattn_core, and passes if it exits with 0.
set(LONGATTN_ATTENTION_TESTS
  attention_bf16_test
  attention_bits_test
  attention_errors_test
  attention_maps_test
  attention_options_test
  attention_shapes_test
  attention_values_test
  cpu_features_test
)
