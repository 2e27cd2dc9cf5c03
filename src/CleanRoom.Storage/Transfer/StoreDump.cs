using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CleanRoom.Storage.Transfer;

/// <summary>
/// A store as a file: a line with format, kind and version of the tables; for each table its name and rows; the SHA-256 of all that. A row is written
/// without the driver's types, so that any driver reads it. Numbers are 8 bytes, big-endian; text and bytes have their length in 4 bytes before them.
/// </summary>
internal static class StoreDump
{
    public const string Format = "cleanroom/store/v1";
    private const int MaximumValue = 64 << 20;
    private const int MaximumHeader = 128;
    private const byte Row = 1;
    private const byte EndOfTable = 2;
    private const byte Null = 0;
    private const byte Value = 1;

    public static async Task<long> WriteAsync(IStoreRows store, StoreKind kind, Guid? room, Stream target, CancellationToken cancellationToken)
    {
        using var writer = new Writer(target);
        writer.Put(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Format} {kind} {store.Version}\n")));
        var tables = StoreTable.Of(kind);
        var rows = 0L;
        var open = 0;
        await store.ReadAsync(
            kind,
            room,
            (table, values) =>
            {
                for (; tables[open] != table; open++)
                {
                    writer.Put([EndOfTable]);
                }

                writer.Put([Row]);
                for (var i = 0; i < values.Length; i++)
                {
                    writer.Put(values[i], table.Columns[i]);
                }

                rows++;
            },
            cancellationToken);
        for (; open < tables.Count; open++)
        {
            writer.Put([EndOfTable]);
        }

        writer.Finish();
        return rows;
    }

    /// <summary>Reads the tables one after the other; what is wrong with the file is found at the latest after the last row.</summary>
    /// <exception cref="StorageException">The file is not of this kind and version, or damaged.</exception>
    public static IEnumerable<(StoreTable Table, IEnumerable<object?[]> Rows)> Read(Stream source, StoreKind kind, int version)
    {
        using var reader = new Reader(source);
        var expected = string.Create(CultureInfo.InvariantCulture, $"{Format} {kind} {version}");
        var header = reader.TakeLine(MaximumHeader);
        if (header != expected)
        {
            throw new StorageException(
                StorageProblem.Damaged, $"The file does not begin with \"{expected}\": name a file that \"cleanroom-admin store export\" of this version wrote from such a store.");
        }

        foreach (var table in StoreTable.Of(kind))
        {
            var whole = false;
            yield return (table, Rows(reader, table, () => whole = true));
            if (!whole)
            {
                throw new InvalidOperationException("A table's rows were not all read.");
            }
        }

        reader.Finish();
    }

    private static IEnumerable<object?[]> Rows(Reader reader, StoreTable table, Action end)
    {
        while (true)
        {
            switch (reader.TakeByte())
            {
                case EndOfTable:
                    end();
                    yield break;
                case Row:
                    var values = new object?[table.Columns.Count];
                    for (var i = 0; i < values.Length; i++)
                    {
                        values[i] = reader.Take(table.Columns[i]);
                    }

                    yield return values;
                    break;
                default:
                    throw Damaged();
            }
        }
    }

    private static StorageException Damaged() => new(StorageProblem.Damaged, "The file is cut off or damaged: export the store again.");

    private sealed class Writer(Stream target) : IDisposable
    {
        private readonly BufferedStream _buffer = new(target, 1 << 20);
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public void Put(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            _buffer.Write(bytes);
        }

        public void Put(object? value, StoreColumn column)
        {
            if (value is null)
            {
                Put([Null]);
                return;
            }

            Put([Value]);
            switch (column.Kind)
            {
                case ColumnKind.Text:
                    PutBytes(Encoding.UTF8.GetBytes((string)value));
                    break;
                case ColumnKind.Bytes:
                    PutBytes((byte[])value);
                    break;
                case ColumnKind.Id:
                    Put(((Guid)value).ToByteArray(bigEndian: true));
                    break;
                default:
                    Span<byte> number = stackalloc byte[sizeof(long)];
                    BinaryPrimitives.WriteInt64BigEndian(number, (long)value);
                    Put(number);
                    break;
            }
        }

        public void Finish()
        {
            _buffer.Write(_hash.GetHashAndReset());
            _buffer.Flush();
        }

        public void Dispose() => _hash.Dispose();

        private void PutBytes(ReadOnlySpan<byte> bytes)
        {
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            Put(length);
            Put(bytes);
        }
    }

    private sealed class Reader(Stream source) : IDisposable
    {
        private readonly BufferedStream _buffer = new(source, 1 << 20);
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public byte TakeByte() => Take(1)[0];

        public string TakeLine(int maximum)
        {
            var line = new StringBuilder();
            while (TakeByte() is var next && next != '\n')
            {
                if (line.Length == maximum || next is < 0x20 or > 0x7e)
                {
                    throw Damaged();
                }

                line.Append((char)next);
            }

            return line.ToString();
        }

        public object? Take(StoreColumn column)
        {
            switch (TakeByte())
            {
                case Null when column.Nullable:
                    return null;
                case Value:
                    break;
                default:
                    throw Damaged();
            }

            return column.Kind switch
            {
                ColumnKind.Text => Encoding.UTF8.GetString(TakeBytes()),
                ColumnKind.Bytes => TakeBytes(),
                ColumnKind.Id => new Guid(Take(16), bigEndian: true),
                _ => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long))),
            };
        }

        public void Finish()
        {
            var digest = new byte[SHA256.HashSizeInBytes];
            if (_buffer.ReadAtLeast(digest, digest.Length, throwOnEndOfStream: false) != digest.Length
                || _buffer.ReadByte() != -1
                || !CryptographicOperations.FixedTimeEquals(digest, _hash.GetHashAndReset()))
            {
                throw Damaged();
            }
        }

        public void Dispose() => _hash.Dispose();

        private byte[] TakeBytes()
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));
            return length is >= 0 and <= MaximumValue ? Take(length) : throw Damaged();
        }

        private byte[] Take(int count)
        {
            var bytes = new byte[count];
            if (_buffer.ReadAtLeast(bytes, count, throwOnEndOfStream: false) != count)
            {
                throw Damaged();
            }

            _hash.AppendData(bytes);
            return bytes;
        }
    }
}
