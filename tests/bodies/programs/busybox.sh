# What Debian's busybox makes of a text, by itself and through pipes: /bin/busybox sh busybox.sh TEXT
B=/bin/busybox
t=$1

say() {
    echo "== $*"
}

say awk
$B awk '{ for (i = 1; i <= NF; i++) n[$i]++; s += $(NF - 1); x += $NF * $NF / 3; l += length($0) }
    END { printf "%d %.12g %e %5.1f|%-8s|%08.3f\n", s, x, x / 7, l, "ab", x % 1000
          for (w in n) if (n[w] > 8) print w, n[w] | "/bin/busybox sort" }' $t
$B awk '{ gsub(/[aeiou]+/, "<&>"); print toupper(substr($0, 3, 12)), index($0, "c"),
    match($0, /[0-9]+/), RSTART, RLENGTH }' $t | $B md5sum

say sed
$B sed -n -e '3,9{s/\([a-z]*\) \([a-z]*\)/\2 \1/p}' -e '/^ab.*[0-9]$/{=;p}' -e '$p' $t
$B sed -e '1!G;h;$!d' $t | $B head -n 4

say sort
$B sort $t | $B md5sum
$B sort -n -k2,2 $t | $B md5sum
$B sort -r -u -k1,1 $t | $B tail -n 3

say sums
for sum in md5sum sha1sum sha256sum sha512sum sha3sum crc32; do $B $sum $t; done

say archives
$B gzip -c $t | $B md5sum
$B gzip -9 -c $t | $B gunzip -c | $B cmp - $t && echo same
$B bzip2 -c $t | $B md5sum
$B bzip2 -c $t | $B bunzip2 -c | $B cmp - $t && echo same
$B base64 $t | $B base64 -d | $B cmp - $t && echo same

say text
$B wc $t
$B tr a-m A-M < $t | $B cut -d' ' -f2 | $B uniq -c | $B tail -n 2
$B grep -c '^[a-f].*9' $t
$B grep -E -n '(ab|ba)+ .*-[0-9]{4}' $t | $B head -n 5
$B od -A d -t x2 $t | $B tail -n 3
$B hexdump -C $t | $B md5sum
$B rev $t | $B head -n 1
$B fold -w 30 $t | $B nl | $B tail -n 2

say numbers
$B expr 12345 \* 678 % 91
$B factor 1234567890 99999989 600851475143
$B seq 1 3 20 | $B paste -s -d, -
echo '2 80 ^ p 7 k 2 v p 355 113 / p' | $B dc
echo 'scale=50; 4*a(1); e(1); 2^100; sqrt(2)' | $B bc -l
printf '%d %x %e %.3f %s|%5s|%-5s|\n' 17 255 1234.5 -0.0005 one two three

say shell
i=0
while [ $i -lt 500 ]; do
    i=$((i + 1))
    case $i in *7) s="$s$i,";; esac
done
echo ${s%,} | $B md5sum
factorial() {
    [ $1 -le 1 ] && echo 1 || echo $(($1 * $(factorial $(($1 - 1)))))
}
factorial 12
x=$(echo a b c | $B wc -w)
echo "$x ${x:+yes} ${y:-no}"
(exit 7)
echo $?
set -- 1 2 3
shift
echo "$@" $#
echo a b c | $B xargs -n 1 echo
($B sleep 1; echo later) & echo first
wait
trap 'echo bye' EXIT
