#!lua flags=allow-oom
--[[
  report-2.lua: keeps a layer's health report for a while; runs when memory is full too, as that is what it may have to say.
  KEYS[1] names   set of the names of all reports
  KEYS[2] report  text
  ARGV[1] name  ARGV[2] report as JSON  ARGV[3] ms to keep it
  Returns 1
]]
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1
