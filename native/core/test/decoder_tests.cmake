# Test programs of the decoder: as the others, but with torch. decoder_device_test also runs on a GPU
# (LONGATTN_TEST_DEVICE=cuda).
foreach(name bf16_product_test decoder_attend_test decoder_device_test decoder_test gate_test
    model_replicas_test)
  longattn_test(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE longattn_decoder longattn_torch)
endforeach()
