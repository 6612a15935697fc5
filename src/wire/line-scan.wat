;; The module of line-scan.ts. `wat2wasm line-scan.wat` makes the bytes of line-scan-module.ts, which a test compares.
;;
;;   0x00000  the window: the bytes that are read, from $at on, where an LF stands, up to $length
;;   0x04000  controls: 16-bit offsets of all bytes of it below 0x20 and of 0x7f, ascending
;;   0x08000  nameEnds: beside each of them that is an LF, the offset of the first byte behind it that is no token
;;
;; Bytes behind the window are read with the last block, and are what an earlier window left there: offsets from $length on
;; mean nothing, but that the window ends before them.
(module
  (memory (export "memory") 1 1)
  (func (export "scan") (param $at i32) (param $length i32)
    (local $out i32) (local $end i32) (local $name i32) (local $no_token i32)
    (local $found i64)
    (local $bytes v128) (local $31 v128) (local $127 v128) (local $15 v128) (local $rows v128) (local $bits v128)
    ;; Constants in locals are made once, not once a block: a third of the time.
    (local.set $31 (v128.const i8x16 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31))
    (local.set $127 (v128.const i8x16 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127))
    (local.set $15 (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))
    ;; Token bytes (RFC 9110 §5.6.2) by their low four bits: bit n where the byte 0xn_ is one; and bit n, by n.
    (local.set $rows
      (v128.const i8x16 0xe8 0xfc 0xf8 0xfc 0xfc 0xfc 0xfc 0xfc 0xf8 0xf8 0xf4 0x54 0xd0 0x54 0xf4 0x70))
    (local.set $bits (v128.const i8x16 1 2 4 8 16 32 64 128 0 0 0 0 0 0 0 0))

    ;; Controls: 64 bytes at a time become 64 bits, and each bit that is set an offset.
    (local.set $out (i32.const 0x4000))
    (loop $next_block
      (local.set $found
        (i64.or
          (i64.or
            (i64.extend_i32_u
              (i8x16.bitmask
                (v128.or
                  (i8x16.eq
                    (i8x16.min_u (local.tee $bytes (v128.load (local.get $at))) (local.get $31))
                    (local.get $bytes))
                  (i8x16.eq (local.get $bytes) (local.get $127)))))
            (i64.shl
              (i64.extend_i32_u
                (i8x16.bitmask
                  (v128.or
                    (i8x16.eq
                      (i8x16.min_u (local.tee $bytes (v128.load offset=16 (local.get $at))) (local.get $31))
                      (local.get $bytes))
                    (i8x16.eq (local.get $bytes) (local.get $127)))))
              (i64.const 16)))
          (i64.or
            (i64.shl
              (i64.extend_i32_u
                (i8x16.bitmask
                  (v128.or
                    (i8x16.eq
                      (i8x16.min_u (local.tee $bytes (v128.load offset=32 (local.get $at))) (local.get $31))
                      (local.get $bytes))
                    (i8x16.eq (local.get $bytes) (local.get $127)))))
              (i64.const 32))
            (i64.shl
              (i64.extend_i32_u
                (i8x16.bitmask
                  (v128.or
                    (i8x16.eq
                      (i8x16.min_u (local.tee $bytes (v128.load offset=48 (local.get $at))) (local.get $31))
                      (local.get $bytes))
                    (i8x16.eq (local.get $bytes) (local.get $127)))))
              (i64.const 48)))))
      (if (i64.ne (local.get $found) (i64.const 0))
        (then
          (loop $next_bit
            (i32.store16
              (local.get $out)
              (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $found)))))
            (local.set $out (i32.add (local.get $out) (i32.const 2)))
            ;; The lowest bit is taken off.
            (br_if $next_bit
              (i64.ne
                (local.tee $found (i64.and (local.get $found) (i64.sub (local.get $found) (i64.const 1))))
                (i64.const 0))))))
      (br_if $next_block
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $length))))
    (i32.store16 (local.get $out) (local.get $length))

    ;; Name ends: none depends on the one before it, so that they are found side by side.
    (local.set $end (local.get $out))
    (local.set $out (i32.const 0x4000))
    (loop $next_control
      (local.set $name (i32.load16_u (local.get $out)))
      (if (i32.eq (i32.load8_u (local.get $name)) (i32.const 0x0a))
        (then
          (local.set $name (i32.add (local.get $name) (i32.const 1)))
          (loop $next_bytes
            (local.set $no_token
              (i8x16.bitmask
                (i8x16.eq
                  (v128.and
                    (i8x16.swizzle
                      (local.get $rows)
                      (v128.and (local.tee $bytes (v128.load (local.get $name))) (local.get $15)))
                    (i8x16.swizzle (local.get $bits) (i8x16.shr_u (local.get $bytes) (i32.const 4))))
                  (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))))
            (if (i32.eqz (local.get $no_token))
              (then
                (br_if $next_bytes
                  (i32.lt_u (local.tee $name (i32.add (local.get $name) (i32.const 16))) (local.get $length))))))
          ;; 32 trailing zeros where there is none: behind the window.
          (i32.store16 offset=0x4000 (local.get $out) (i32.add (local.get $name) (i32.ctz (local.get $no_token))))))
      (br_if $next_control
        (i32.lt_u (local.tee $out (i32.add (local.get $out) (i32.const 2))) (local.get $end)))))

  ;; The offset of the first byte from $at on that stands in no request target (up to 0x20, 0x23, 0x7f), or one from $end on.
  (func (export "endOfTarget") (param $at i32) (param $end i32) (result i32)
    (local $found i32)
    (local $bytes v128)
    (loop $next_bytes
      (local.set $found
        (i8x16.bitmask
          (v128.or
            (v128.or
              (i8x16.eq
                (i8x16.min_u
                  (local.tee $bytes (v128.load (local.get $at)))
                  (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
                (local.get $bytes))
              (i8x16.eq
                (local.get $bytes)
                (v128.const i8x16 35 35 35 35 35 35 35 35 35 35 35 35 35 35 35 35)))
            (i8x16.eq
              (local.get $bytes)
              (v128.const i8x16 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127 127)))))
      (if (i32.eqz (local.get $found))
        (then
          (br_if $next_bytes
            (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))))
    ;; 32 trailing zeros where there is none.
    (i32.add (local.get $at) (i32.ctz (local.get $found)))))
