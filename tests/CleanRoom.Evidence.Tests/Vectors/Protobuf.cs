namespace CleanRoom.Evidence.Tests.Vectors;

/// <summary>As much of protobuf's wire format as the published quotes need: varints and length-delimited fields.</summary>
internal sealed class Protobuf
{
    private readonly List<(int Field, byte[] Bytes, ulong Number)> _fields = [];

    public static Protobuf Read(byte[] bytes)
    {
        var message = new Protobuf();
        var at = 0;
        while (at < bytes.Length)
        {
            var tag = Varint(bytes, ref at);
            if ((tag & 7) == 0)
            {
                message._fields.Add(((int)(tag >> 3), [], Varint(bytes, ref at)));
                continue;
            }

            Assert.Equal(2UL, tag & 7);
            var length = (int)Varint(bytes, ref at);
            message._fields.Add(((int)(tag >> 3), bytes[at..(at + length)], 0));
            at += length;
        }

        return message;
    }

    public byte[] Bytes(int field) => _fields.FirstOrDefault(item => item.Field == field).Bytes ?? [];

    public ulong Number(int field) => _fields.FirstOrDefault(item => item.Field == field).Number;

    public IEnumerable<byte[]> All(int field) => _fields.Where(item => item.Field == field).Select(item => item.Bytes);

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
