# Test programs of the decoder: as the others, but with torch.
foreach(name decoder_attend_test decoder_test)
  longattn_test(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE longattn_decoder longattn_torch)
endforeach()
