using System.Security.Cryptography;

namespace CleanRoom.Cryptography.Tests;

public sealed class SecretTests
{
    [Fact]
    public void Decrypt_AnyBitFlipped_IsRefused()
    {
        using var key = MasterKey.Generate();
        var blob = key.Encrypt("record key"u8, "room 1"u8);
        Assert.Equal(10 + MasterKey.Overhead, blob.Length);
        Assert.NotEqual(blob, key.Encrypt("record key"u8, "room 1"u8));
        Assert.True(key.TryDecrypt(blob, "room 1"u8, out var plaintext));
        Assert.Equal("record key"u8.ToArray(), plaintext);
        Assert.All(Changed.Bits(blob), changed => Assert.False(key.TryDecrypt(changed, "room 1"u8, out _)));
        Assert.False(key.TryDecrypt(blob, "room 2"u8, out _));
        Assert.False(key.TryDecrypt(blob.AsSpan(0, MasterKey.Overhead - 1), "room 1"u8, out _));
        using var other = MasterKey.Generate();
        Assert.False(other.TryDecrypt(blob, "room 1"u8, out _));
    }

    [Fact]
    public void MasterKey_TextForm_RoundTrips_OtherLengthsAreRefused()
    {
        using var key = MasterKey.Generate();
        Assert.True(MasterKey.TryParse(key.ExportText() + "\n", out var read));
        Assert.True(read.TryDecrypt(key.Encrypt([], []), [], out _));
        Assert.False(MasterKey.TryParse("", out _));
        Assert.False(MasterKey.TryParse(StrictBase64.EncodeUrl(new byte[31]), out _));
        Assert.Throws<CryptographicException>(() => MasterKey.Import(new byte[33]));
        read.Dispose();
        Assert.Throws<ObjectDisposedException>(() => read.Encrypt([], []));
    }

    [Fact]
    public void SecretBytes_PrintedOrDisposed_ShowsNothing()
    {
        var secret = new SecretBytes("hunter2!"u8);
        ReadOnlySpan<byte> view;
        using (var loan = secret.Borrow())
        {
            view = loan.Span;
        }

        Assert.Equal("8 secret bytes", secret.ToString());
        Assert.True(secret.FixedTimeEquals("hunter2!"u8));
        Assert.False(secret.FixedTimeEquals("hunter2"u8));
        secret.Dispose();
        Assert.Equal(new byte[8], view.ToArray());
        Assert.Throws<ObjectDisposedException>(() => secret.FixedTimeEquals("hunter2!"u8));
        Assert.Throws<ObjectDisposedException>(() => Lend(secret));
        using var random = SecretBytes.Random(32);
        using var second = SecretBytes.Random(32);
        using var other = second.Borrow();
        Assert.False(random.FixedTimeEquals(other.Span));
    }

    [Fact]
    public void SecretBytes_DisposedWhileLent_IsZeroedWhenTheLastLoanComesBack()
    {
        var secret = new SecretBytes("hunter2!"u8);
        ReadOnlySpan<byte> view;
        using (var first = secret.Borrow())
        {
            view = first.Span;
            using (secret.Borrow())
            {
                secret.Dispose();
                Assert.Throws<ObjectDisposedException>(() => Lend(secret));
                Assert.Equal("hunter2!"u8, view);
            }

            Assert.Equal("hunter2!"u8, view);
            secret.Dispose();
            Assert.Equal("hunter2!"u8, view);
        }

        Assert.Equal(new byte[8], view.ToArray());
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Lend(secret));
    }

    /// <summary>A key of zeros in place of the one that is being disposed of would encrypt for everyone.</summary>
    [Fact]
    public void MasterKey_DisposedWhileOthersEncrypt_NeverEncryptsUnderAnotherKey()
    {
        var text = MasterKey.Generate().ExportText();
        for (var round = 0; round < 200; round++)
        {
            Assert.True(MasterKey.TryParse(text, out var key));
            Assert.True(MasterKey.TryParse(text, out var same));
            Parallel.For(0, 8, i =>
            {
                if (i == 3)
                {
                    key.Dispose();
                    return;
                }

                try
                {
                    Assert.True(same.TryDecrypt(key.Encrypt("x"u8, []), [], out _));
                }
                catch (ObjectDisposedException)
                {
                    // The wanted answer after Dispose.
                }
            });
            same.Dispose();
        }
    }

    private static int Lend(SecretBytes secret)
    {
        using var loan = secret.Borrow();
        return loan.Span.Length;
    }

    [Fact]
    public void Hkdf_Rfc5869TestCase1_GivesItsOutput()
    {
        using var output = SecretBytes.Hkdf(
            Convert.FromHexString("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
            Convert.FromHexString("000102030405060708090a0b0c"),
            Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9"),
            42);
        using var bytes = output.Borrow();
        Assert.Equal("3CB25F25FAACD57A90434F64D0362F2A2D2D0A90CF1A5A4C5DB02D56ECC4C5BF34007208D5B887185865", Convert.ToHexString(bytes.Span));
    }

    [Fact]
    public void Padme_EveryLength_RoundTripsWithinTheBound()
    {
        var sizes = new HashSet<int>();
        for (var length = 0; length <= 20_000; length += length < 1100 ? 1 : 37)
        {
            var data = RandomNumberGenerator.GetBytes(length);
            var padded = Padme.Pad(data);
            Assert.True(Padme.TryUnpad(padded, out var back));
            Assert.True(back.SequenceEqual(data));
            Assert.True(padded.Length >= Padme.MinimumSize && (padded.Length == Padme.MinimumSize || padded.Length <= (length + 4) * 1.12));
            sizes.Add(padded.Length);
        }

        Assert.True(sizes.Count < 80, $"{sizes.Count} sizes");
    }

    [Fact]
    public void PaddedLength_AgreesWithThePaper()
    {
        // L = 9: E = 3, S = 2, one low bit cleared upwards: 10. From 1,025: E = 10, S = 4, low 6 bits.
        (long Length, long Padded)[] table =
        [
            (0, 0), (1, 1), (2, 2), (3, 3), (8, 8), (9, 10), (17, 18), (100, 104), (1023, 1024), (1024, 1024), (1025, 1088), (65537, 67584), (1_000_000, 1_015_808),
        ];
        Assert.All(table, row => Assert.Equal(row.Padded, Padme.PaddedLength(row.Length)));
        for (long length = 2; length < 100_000; length++)
        {
            var padded = Padme.PaddedLength(length);
            Assert.True(padded >= length && Padme.PaddedLength(padded) == padded && padded - length <= length * 0.12);
        }
    }

    [Fact]
    public void TryUnpad_WrongSizeOrPadding_IsRefused()
    {
        var padded = Padme.Pad("data"u8);
        Assert.Equal(1024, padded.Length);
        Assert.False(Padme.TryUnpad([], out _));
        Assert.False(Padme.TryUnpad(padded.AsSpan(0, 1023), out _));
        Assert.False(Padme.TryUnpad([.. padded, 0], out _));
        Assert.False(Padme.TryUnpad(new byte[1088], out _));
        for (var i = 8; i < padded.Length; i++)
        {
            padded[i] = 1;
            Assert.False(Padme.TryUnpad(padded, out _));
            padded[i] = 0;
        }

        padded[0] = 0xff;
        Assert.False(Padme.TryUnpad(padded, out _));
    }

    [Fact]
    public void PadToSize_RoundTrips_AndRefusesOtherSizes()
    {
        var padded = Padme.PadToSize("data"u8, 4096);
        Assert.True(Padme.TryUnpadFromSize(padded, 4096, out var data));
        Assert.Equal("data"u8.ToArray(), data.ToArray());
        Assert.False(Padme.TryUnpadFromSize(padded, 4095, out _));
        Assert.True(Padme.TryUnpadFromSize(Padme.PadToSize(new byte[4092], 4096), 4096, out data));
        Assert.Equal(4092, data.Length);
        Assert.Throws<ArgumentException>(() => Padme.PadToSize(new byte[4093], 4096));
        Assert.Throws<ArgumentException>(() => Padme.PadToSize([], 3));
    }
}
