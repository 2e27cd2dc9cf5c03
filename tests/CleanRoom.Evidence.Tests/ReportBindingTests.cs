using System.Security.Cryptography;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Tests;

public sealed class ReportBindingTests : IDisposable
{
    private readonly Sample _sample = new();

    [Fact]
    public void Compute_ByHand_GivesTheSame()
    {
        byte[] input =
        [
            .. "cleanroom/v1/report-data"u8,
            .. _sample.Nonce,
            .. SHA256.HashData(_sample.Signing.PublicKey.Spki.Span),
            .. SHA256.HashData(_sample.Release.PublicKey.ToSpki()),
            .. SHA256.HashData("charter"u8),
        ];

        Assert.Equal(SHA512.HashData(input), _sample.Binding.Bytes.ToArray());
        Assert.True(_sample.Binding.Matches(SHA512.HashData(input)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void Matches_OtherLength_IsFalse(int length)
    {
        var longer = new byte[65];
        _sample.Binding.Bytes.CopyTo(longer);

        Assert.False(_sample.Binding.Matches(longer.AsSpan(0, length)));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void Compute_NonceOfOtherLength_Throws(int length) => Assert.Throws<ArgumentException>(
        () => ReportBinding.Compute(new byte[length], _sample.Signing.PublicKey, _sample.Release.PublicKey, _sample.Charter));

    [Fact]
    public void Compute_OneKeyForBothPurposes_Throws()
    {
        Assert.True(HpkePublicKey.TryFromSpki(_sample.Signing.PublicKey.Spki.Span, out var same));

        _ = Assert.Throws<ArgumentException>(() => ReportBinding.Compute(_sample.Nonce, _sample.Signing.PublicKey, same, _sample.Charter));
    }

    public void Dispose() => _sample.Dispose();
}
