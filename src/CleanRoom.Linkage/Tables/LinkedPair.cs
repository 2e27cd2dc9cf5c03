namespace CleanRoom.Linkage.Tables;

/// <summary>A pair that was weighed.</summary>
/// <param name="First">Index of a record.</param>
/// <param name="Second">Index of a later record.</param>
/// <param name="Weight">Prior and all fields in bits; 0 is even odds.</param>
/// <param name="Levels">The level of each field, four bits each, from the lowest.</param>
public readonly record struct LinkedPair(int First, int Second, float Weight, ulong Levels)
{
    /// <summary>The probability of a match.</summary>
    public double Probability => Models.LinkModel.Probability(Weight);
}
