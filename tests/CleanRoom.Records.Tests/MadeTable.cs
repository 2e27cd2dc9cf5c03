using System.Text;

namespace CleanRoom.Records.Tests;

/// <summary>A table of many rows that is made while it is read.</summary>
internal sealed class MadeTable(string header, int rows, Func<int, string> make) : Stream
{
    private byte[] _chunk = Encoding.UTF8.GetBytes(header);
    private int _at;
    private int _row;

    /// <summary>Bytes of rows made so far.</summary>
    public long Made { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_at == _chunk.Length)
        {
            if (_row == rows)
            {
                return 0;
            }
            (_chunk, _at) = (Encoding.UTF8.GetBytes(make(++_row)), 0);
            Made += _chunk.Length;
        }
        var n = Math.Min(count, _chunk.Length - _at);
        _chunk.AsSpan(_at, n).CopyTo(buffer.AsSpan(offset));
        _at += n;
        return n;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
